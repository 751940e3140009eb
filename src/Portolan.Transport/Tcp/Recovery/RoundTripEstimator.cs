using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>The retransmission timeout from measured round-trip times (RFC 6298). All in nanoseconds.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct RoundTripEstimator
{
    private const long MinWindow = 300L * 1_000_000_000;

    private long _minAt;

    /// <summary>SRTT; 0 before the first measurement.</summary>
    internal long Smoothed { get; private set; }

    /// <summary>RTTVAR.</summary>
    internal long Variation { get; private set; }

    /// <summary>The least of the last five minutes (RFC 8985 section 6.2 step 1); 0 before the first measurement.</summary>
    internal long Min { get; private set; }

    /// <summary>RTO without backoff.</summary>
    internal long Timeout { get; private set; }

    internal static RoundTripEstimator Start(TcpTimings timings) => new() { Timeout = timings.RtoInitial };

    internal void Add(long sample, long now, TcpTimings timings)
    {
        sample = Math.Max(sample, 1000);
        if (Smoothed == 0)
        {
            // RFC 6298 section 2.2: the first measurement.
            Smoothed = sample;
            Variation = sample / 2;
        }
        else
        {
            // RFC 6298 section 2.3: RTTVAR before SRTT, beta 1/4 and alpha 1/8.
            Variation += (Math.Abs(Smoothed - sample) - Variation) / 4;
            Smoothed += (sample - Smoothed) / 8;
        }

        if (Min == 0 || sample <= Min || now - _minAt > MinWindow)
        {
            (Min, _minAt) = (sample, now);
        }

        // RFC 6298 sections 2.3 to 2.5: RTO = SRTT + max(G, 4 * RTTVAR), not below the least and not above the most.
        Timeout = Math.Clamp(
            Smoothed + Math.Max(timings.VarianceFloor, Math.Max(4 * Variation, TcpTimings.Granularity)), timings.RtoMin, timings.RtoMax);
    }

    /// <summary>RFC 6298 section 5.7: after a SYN was sent again, data start with 3 s unless the handshake measured.</summary>
    internal void StartAfterLostSyn(TcpTimings timings)
    {
        if (Smoothed == 0)
        {
            Timeout = Math.Clamp(3 * timings.RtoInitial, timings.RtoMin, timings.RtoMax);
        }
    }
}
