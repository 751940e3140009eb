namespace Portolan.Linux.Packet;

/// <summary>The slots of one sender's batch in a <see cref="FrameArea"/>.</summary>
internal sealed unsafe class FrameSlots : IDisposable
{
    /// <summary>Frames of a batch. Measured over veth: beyond 64 nothing is gained, and 64 slots stay in the cache.</summary>
    internal const int Count = 64;

    /// <summary>The most bytes that a slot starts after its chunk: 1600 of a small chunk are left.</summary>
    internal const int LargestStagger = (Stagger - 1) * CacheLine;

    /// <summary>
    /// Slots at multiples of 2048 would share a few sets of the first-level cache, so each starts some lines into its chunk.
    /// </summary>
    private const int Stagger = 8;

    private const int CacheLine = 64;

    private readonly FrameArea _area;
    private readonly int _first;

    /// <summary>Slots from one on; <see cref="FrameArea.TryRent"/> makes these.</summary>
    internal FrameSlots(FrameArea area, int first)
    {
        _area = area;
        _first = first;
    }

    /// <summary>Most bytes of a frame.</summary>
    internal int SlotLength => _area.SlotLength;

    /// <summary>Where a frame lies.</summary>
    internal byte* Pointer(int index) => _area.Start + OffsetOf(index);

    /// <summary>A frame's room.</summary>
    internal Span<byte> this[int index] => new(Pointer(index), SlotLength);

    /// <summary>Where a frame lies, counted from the start of the area.</summary>
    internal int OffsetOf(int index) => ((_first + index) * _area.ChunkSize) + (index % Stagger * CacheLine);

    /// <inheritdoc/>
    public void Dispose() => _area.Return(_first);
}
