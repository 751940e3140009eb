using Portolan.Transport.Tcp.Congestion;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>What a connection needs to know only since something of it was lost, or seemed to be: most connections never have it.</summary>
internal sealed class LossRepair
{
    /// <summary>The congestion control before the last reduction, for undoing it.</summary>
    internal CongestionState Prior;

    /// <summary>RecoverFS of RFC 6937: the bytes in flight when recovery began.</summary>
    internal long FlightAtLoss;

    /// <summary>prr_delivered of RFC 6937.</summary>
    internal long Delivered;

    /// <summary>prr_out of RFC 6937.</summary>
    internal long Out;

    /// <summary>SND.UNA at the last reduction.</summary>
    internal SequenceNumber UndoMarker;

    /// <summary>Segments sent again since that nothing has shown to be needless.</summary>
    internal int UndoResent;

    /// <summary>Whether the last reduction may still turn out to be needless.</summary>
    internal bool CanUndo;

    /// <summary>Whether something was sent again since the last reduction.</summary>
    internal bool HasFirstResent;

    /// <summary>TSval of the first segment sent again since.</summary>
    internal uint FirstResentTimestamp;

    internal long Recoveries;
    internal long Undone;
    internal long Timeouts;
    internal long TailProbes;
    internal long Retransmissions;
    internal long DuplicateSacks;
}
