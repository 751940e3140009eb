using BenchmarkDotNet.Attributes;
using Portolan.Scan.Order;

namespace Portolan.Benchmarks;

/// <summary>One step of a scan's order: the sender takes one per probe, so it must stay under 30 ns and at 0 bytes.</summary>
[MemoryDiagnoser]
public class ScanOrder
{
    private IndexPermutation _permutation = new(1, 0);
    private ulong _position;

    /// <summary>One host's ports, a /16 with 1,000 ports, just above a power of two (the worst for cycle walking), everything.</summary>
    [Params(65_535UL, 65_536_000UL, (1UL << 44) + 1, ulong.MaxValue)]
    public ulong Size { get; set; }

    [GlobalSetup]
    public void Setup() => _permutation = new IndexPermutation(Size, key: 42);

    // Each position follows from the index before, so that calls do not overlap in the processor.
    [Benchmark(Description = "index at a position")]
    public ulong At() => _position = _permutation.At(_position);

    [Benchmark(Description = "position of an index")]
    public ulong PositionOf() => _position = _permutation.PositionOf(_position);
}
