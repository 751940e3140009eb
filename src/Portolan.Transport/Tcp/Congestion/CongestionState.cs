using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Congestion;

/// <summary>What a congestion control keeps for one connection. Windows are bytes.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct CongestionState
{
    /// <summary>The most that a window grows to: 2^30 bytes, the largest window there is (RFC 7323 section 2.3).</summary>
    internal const long MaxWindow = 1L << 30;

    private const int StepShift = 4;

    /// <summary>cwnd.</summary>
    internal long Window;

    /// <summary>ssthresh.</summary>
    internal long Threshold;

    /// <summary>SMSS.</summary>
    internal int SegmentSize;

    /// <summary>The least round-trip time of data, in steps of 16 ns up to 68 s; 0 before the first.</summary>
    private uint _leastRoundTrip;

    /// <summary>What was learned of the path; <c>null</c> for nothing yet.</summary>
    internal CongestionMemory? Memory;

    internal readonly bool IsSlowStart => Window < Threshold;

    /// <summary>RFC 5681 section 3.1 with RFC 6928: the window to begin with.</summary>
    internal static CongestionState Start(int segmentSize, int segments) => new()
    {
        // RFC 6928 section 2: min (10*MSS, max (2*MSS, 14600)).
        Window = Math.Min((long)segments * segmentSize, Math.Max(2L * segmentSize, segments * 1460L)),
        Threshold = MaxWindow,
        SegmentSize = segmentSize,
    };

    /// <summary>
    /// The least round-trip time of data, nanoseconds, rounded up; 0 before the first and after <see cref="ForgetRoundTrips"/>.
    /// </summary>
    internal readonly long LeastRoundTrip => (long)_leastRoundTrip << StepShift;

    internal void NoteRoundTrip(long sample)
    {
        var steps = (uint)Math.Min(uint.MaxValue, (Math.Max(1, sample) + (1 << StepShift) - 1) >> StepShift);
        _leastRoundTrip = _leastRoundTrip == 0 ? steps : Math.Min(_leastRoundTrip, steps);
    }

    internal void ForgetRoundTrips() => _leastRoundTrip = 0;

    /// <summary>What was learned of the path, to be added to.</summary>
    internal CongestionMemory Learn() => Memory ??= new CongestionMemory();

    /// <summary>Makes another state the same as this one, with a memory of its own.</summary>
    internal readonly void CopyTo(ref CongestionState other)
    {
        var memory = Memory is null ? other.Memory : other.Learn();
        memory?.Take(Memory);
        other = this;
        other.Memory = memory;
    }

    /// <summary>Segments are of another size from now on: windows stay what they are in bytes, and CUBIC begins an epoch.</summary>
    internal void Resize(int segmentSize)
    {
        if (Memory is { } memory)
        {
            var factor = (double)SegmentSize / segmentSize;
            (memory.WMax, memory.WPrior, memory.WEst) = (memory.WMax * factor, memory.WPrior * factor, memory.WEst * factor);
            memory.EpochStart = 0;
        }

        SegmentSize = segmentSize;
        Window = Math.Max(Window, segmentSize);
    }

    internal void Grow(long bytes) => Window = Math.Min(MaxWindow, Window + bytes);
}
