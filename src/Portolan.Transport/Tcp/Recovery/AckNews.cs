using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>What one acknowledgment told.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct AckNews
{
    /// <summary>Bytes acknowledged in order.</summary>
    internal int Acked;

    /// <summary>Bytes acknowledged selectively for the first time.</summary>
    internal int Sacked;

    /// <summary>Bytes known to have arrived that were not known before: DeliveredData of RFC 6937.</summary>
    internal int Delivered;

    /// <summary>When the segment was sent last that gives the round-trip time: never sent again, of those the newest. 0 for none.</summary>
    internal long SampleSentAt;

    /// <summary>Whether data arrived that were sent once only, and before the last timeout.</summary>
    internal bool OriginalArrived;

    /// <summary>TSecr of an acknowledgment that advances, on a connection with timestamps; 0 for none.</summary>
    internal uint Echo;

    /// <summary>Whether a duplicate SACK came with it.</summary>
    internal bool HasDuplicateSack;

    /// <summary>Whether a SACK option came with it.</summary>
    internal bool HasSack;

    /// <summary>Whether SND.UNA moved on.</summary>
    internal bool Advanced;

    /// <summary>Whether it is a duplicate acknowledgment (RFC 5681 section 2).</summary>
    internal bool IsDuplicate;

    /// <summary>Whether it carried ECE on a connection with ECN.</summary>
    internal bool HasEcnEcho;

    /// <summary>Whether it ended a recovery: the window is settled by that.</summary>
    internal bool EndsRecovery;

    /// <summary>Bytes from the first segment that came behind one sent after it to the end of that one; 0 for none.</summary>
    internal int ReorderedBy;

    /// <summary>Whether this acknowledgment made something lost.</summary>
    internal bool FoundLoss;
}
