using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

/// <summary>What few connections need: options that a program has set, urgent data, the search for the path's MTU. The others do without its memory.</summary>
internal sealed class RareState
{
    /// <summary>When an idle peer is probed; <c>null</c> for never.</summary>
    internal KeepalivePlan? Keepalive;

    /// <summary>How long data may stay unacknowledged, nanoseconds.</summary>
    internal long UserTimeout = TcpTimings.Never;

    /// <summary>Where records end in what is written, in order; <c>null</c> for none.</summary>
    internal List<long>? RecordEnds;

    /// <summary>SND.UP, when <see cref="SendsUrgent"/>.</summary>
    internal SequenceNumber SendUrgent;

    /// <summary>Whether urgent data were written and not all of them acknowledged.</summary>
    internal bool SendsUrgent;

    /// <summary>The place after the peer's last urgent byte.</summary>
    internal long UrgentEnd;

    /// <summary>The search for the path MTU; <c>null</c> while there is none.</summary>
    internal MtuSearch? MtuSearch;
}
