using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Tables;

/// <summary>A connection that a listener has answered with SYN-ACK: SYN-RECEIVED without a connection yet.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct HalfOpenConnection
{
    internal TcpListener Listener;

    /// <summary>When the SYN-ACK was sent last, nanoseconds.</summary>
    internal long SentAt;

    internal SequenceNumber InitialSend;
    internal SequenceNumber InitialReceive;
    internal uint TimestampRecent;
    internal uint TimestampOffset;

    /// <summary>The interface that answers must leave by; 0 for what the routes say.</summary>
    internal int Interface;

    internal ushort PeerSegmentSize;
    internal ushort Window;
    internal byte SendShift;
    internal byte Tries;
    internal bool HasWindowScale;
    internal bool HasSack;
    internal bool HasTimestamps;
    internal bool HasEcn;
}
