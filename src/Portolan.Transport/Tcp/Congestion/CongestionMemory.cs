namespace Portolan.Transport.Tcp.Congestion;

/// <summary>
/// What a congestion control learns of a path: nothing until the window is large enough for slow start to be watched, has left slow start,
/// or something was lost. Connections that send little never have it.
/// </summary>
internal sealed class CongestionMemory
{
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

    /// <summary>Remembers what another does; what a new one does for <c>null</c>.</summary>
    internal void Take(CongestionMemory? other)
    {
        (Credit, WMax, IsWMaxKnown, WEst) = other is null ? default : (other.Credit, other.WMax, other.IsWMaxKnown, other.WEst);
        (K, WPrior, EpochStart, HyStart) = other is null ? default : (other.K, other.WPrior, other.EpochStart, other.HyStart);
    }
}
