using Portolan.Transport.Tcp.FastOpen;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

/// <summary>
/// What few connections need: options that a program has set, urgent data, the search for the path's MTU. The others do without its memory.
/// </summary>
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

    /// <summary>The most bytes a second that leave; 0 for no limit.</summary>
    internal long MaxPacingRate;

    /// <summary>When the next bytes may leave, nanoseconds.</summary>
    internal long MayPaceAt;

    /// <summary>When what waits for its time is to be sent, nanoseconds.</summary>
    internal long PaceTimerAt = TcpTimings.Never;

    /// <summary>The search for the path MTU; <c>null</c> while there is none.</summary>
    internal MtuSearch? MtuSearch;

    /// <summary>What a handshake with Fast Open needs; <c>null</c> without, and once it is done.</summary>
    internal FastOpening? FastOpening;

    /// <summary>The handshake is done. What was made for it alone goes.</summary>
    internal void EndFastOpening(ref RareState? place)
    {
        FastOpening = null;
        if (Keepalive is null && UserTimeout == TcpTimings.Never && RecordEnds is null && !SendsUrgent && UrgentEnd == 0
            && MaxPacingRate == 0 && MayPaceAt == 0
            && PaceTimerAt == TcpTimings.Never && MtuSearch is null)
        {
            place = null;
        }
    }
}
