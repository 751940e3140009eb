using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Congestion;

/// <summary>What a congestion control keeps for one connection. Windows are bytes.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct CongestionState
{
    /// <summary>The most that a window grows to: 2^30 bytes, the largest window there is (RFC 7323 section 2.3).</summary>
    internal const long MaxWindow = 1L << 30;

    /// <summary>cwnd.</summary>
    internal long Window;

    /// <summary>ssthresh.</summary>
    internal long Threshold;

    /// <summary>SMSS.</summary>
    internal int SegmentSize;

    /// <summary>Bytes acknowledged that have not made the window grow yet.</summary>
    internal double Credit;

    /// <summary>CUBIC's W_max in segments.</summary>
    internal double WMax;

    /// <summary>Whether a loss has told CUBIC its W_max, and no timeout has come since.</summary>
    internal bool IsWMaxKnown;

    /// <summary>CUBIC's W_est in segments.</summary>
    internal double WEst;

    /// <summary>CUBIC's K in seconds.</summary>
    internal double K;

    /// <summary>CUBIC's cwnd_prior in segments.</summary>
    internal double WPrior;

    /// <summary>When CUBIC's epoch began, nanoseconds; 0 for not yet.</summary>
    internal long EpochStart;

    /// <summary>When slow start should end.</summary>
    internal HyStart HyStart;

    internal readonly bool IsSlowStart => Window < Threshold;

    /// <summary>RFC 5681 section 3.1 with RFC 6928: the window to begin with.</summary>
    internal static CongestionState Start(int segmentSize, int segments) => new()
    {
        // RFC 6928 section 2: min (10*MSS, max (2*MSS, 14600)).
        Window = Math.Min((long)segments * segmentSize, Math.Max(2L * segmentSize, segments * 1460L)),
        Threshold = MaxWindow,
        SegmentSize = segmentSize,
    };

    /// <summary>Segments are of another size from now on: windows stay what they are in bytes, and CUBIC begins an epoch.</summary>
    internal void Resize(int segmentSize)
    {
        var factor = (double)SegmentSize / segmentSize;
        (WMax, WPrior, WEst) = (WMax * factor, WPrior * factor, WEst * factor);
        EpochStart = 0;
        SegmentSize = segmentSize;
        Window = Math.Max(Window, segmentSize);
    }

    internal void Grow(long bytes) => Window = Math.Min(MaxWindow, Window + bytes);
}
