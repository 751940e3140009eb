namespace Portolan.Packets;

/// <summary>
/// The byte counters of AccECN (RFC 9768 section 3.2.3): payload bytes that came with each marking, modulo 2^24. A counter that the option
/// leaves out is <c>null</c> when read; when written, <c>null</c> counts as 0.
/// </summary>
/// <param name="Ect0">EE0B: bytes that came with ECT(0).</param>
/// <param name="CongestionExperienced">ECEB: bytes that came with CE.</param>
/// <param name="Ect1">EE1B: bytes that came with ECT(1).</param>
public readonly record struct TcpAccurateEcn(uint? Ect0, uint? CongestionExperienced, uint? Ect1)
{
    /// <summary>How many bits a counter has.</summary>
    public const int CounterBits = 24;

    internal static TcpAccurateEcn Read(ReadOnlySpan<byte> data, bool ect1First)
    {
        var first = Counter(data, 0);
        var last = Counter(data, 2);
        return ect1First ? new(last, Counter(data, 1), first) : new(first, Counter(data, 1), last);
    }

    private static uint? Counter(ReadOnlySpan<byte> data, int index) => data.Length >= 3 * (index + 1)
        ? ((uint)data[3 * index] << 16) | ((uint)data[(3 * index) + 1] << 8) | data[(3 * index) + 2]
        : null;
}
