namespace Portolan.Transport.Tcp.Recovery;

/// <summary>
/// The search for the path MTU by probes, segments that are larger than the others (RFC 4821 section 7). Sizes are those of whole IP
/// packets.
/// </summary>
internal sealed class MtuSearch
{
    /// <summary>A range that is smaller is not worth a probe (Linux' tcp_probe_threshold).</summary>
    private const int LeastRange = 8;

    /// <summary>search_low: packets of this size are known or taken to arrive.</summary>
    internal int Low;

    /// <summary>search_high: larger packets are known or taken not to arrive.</summary>
    internal int High;

    /// <summary>eff_pmtu: the largest packet that is not a probe.</summary>
    internal int Effective;

    /// <summary>The size of the probe that is on its way; 0 for none.</summary>
    internal int Probe;

    /// <summary>The first number of the probe.</summary>
    internal SequenceNumber ProbeStart;

    /// <summary>The number after the probe.</summary>
    internal SequenceNumber ProbeEnd;

    /// <summary>When the search began, nanoseconds.</summary>
    internal long Since;

    /// <summary>RFC 4821 section 7.3: halfway between what arrives and what may. 0 when the range is too small.</summary>
    /// <param name="pathMtu">The most that leaves this host.</param>
    internal int Next(int pathMtu)
    {
        var high = Math.Min(High, pathMtu);

        // As large as what is sent anyhow: that is not a probe.
        var low = (Low + high) / 2 <= Effective ? Math.Max(Low, Effective) : Low;
        return high - low < LeastRange ? 0 : (low + high) / 2;
    }

    /// <summary>Searches anew: paths change (RFC 4821 section 7.2).</summary>
    internal void Restart(int high, long now) => (Low, High, Since) = (Effective, high, now);

    internal void Sent(int size, SequenceNumber start, SequenceNumber end) => (Probe, ProbeStart, ProbeEnd) = (size, start, end);

    /// <summary>RFC 4821 section 7.6.1.</summary>
    internal void Succeed()
    {
        Low = Effective = Probe;
        Probe = 0;
    }

    /// <summary>RFC 4821 section 7.6.2.</summary>
    internal void Fail()
    {
        High = Probe - 1;
        Probe = 0;
    }

    /// <summary>RFC 4821 section 7.7: packets as large as they were arrive no more.</summary>
    internal void Fall(int size) => (Low, Effective, Probe) = (size, size, 0);

    /// <summary>
    /// The path MTU has changed. A larger one is not believed before a probe has arrived. Returns whether the probe that is on its way was
    /// too large.
    /// </summary>
    internal bool OnPathMtu(int pathMtu)
    {
        Effective = Math.Min(Effective, pathMtu);
        Low = Math.Min(Low, Effective);
        if (Probe <= pathMtu)
        {
            return false;
        }

        Fail();
        return true;
    }
}
