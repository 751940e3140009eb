using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Tables;

/// <summary>What is left of a connection in TIME-WAIT (RFC 9293 section 3.6.1).</summary>
/// <remarks>Packed: there may be a million of them.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct RestingConnection
{
    /// <summary>The number of who stands for the pair in the table of ports.</summary>
    internal int Holder;

    /// <summary>SND.NXT.</summary>
    internal SequenceNumber SendNext;

    /// <summary>RCV.NXT.</summary>
    internal SequenceNumber ReceiveNext;

    /// <summary>TS.Recent.</summary>
    internal uint TimestampRecent;

    /// <summary>When TS.Recent was set, milliseconds modulo 2^32.</summary>
    internal uint TimestampRecentAt;

    /// <summary>When it ends, in steps of 16 ms modulo 2^32.</summary>
    internal uint EndsAt;

    /// <summary>The window field.</summary>
    internal ushort Window;

    /// <summary>The interface that answers must leave by; 0 for what the routes say.</summary>
    internal ushort Interface;

    /// <summary>Whether it used timestamps.</summary>
    internal bool HasTimestamps;
}
