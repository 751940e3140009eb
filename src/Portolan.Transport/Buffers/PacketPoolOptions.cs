namespace Portolan.Transport.Buffers;

/// <summary>How a <see cref="PacketPool"/> cuts and limits its memory.</summary>
internal sealed record PacketPoolOptions
{
    /// <summary>
    /// The lengths of buffers, ascending; a request gets the shortest that fits. By default 256, 2,048 and 67,584 (a whole IP packet with
    /// room for link headers).
    /// </summary>
    public IReadOnlyList<int> BufferLengths { get; init; } = [256, 2048, 67_584];

    /// <summary>Bytes of a slab, as near as whole buffers allow; at least one buffer. By default 512 KiB.</summary>
    public int SlabLength { get; init; } = 512 << 10;

    /// <summary>The most bytes of all slabs together. By default 256 MiB.</summary>
    public long MemoryLimit { get; init; } = 256L << 20;

    /// <summary>
    /// Whether a buffer that comes back is filled with <see cref="FreedMemory.Poison"/>, so that stale views show. By default what
    /// <see cref="FreedMemory.Switch"/> says.
    /// </summary>
    public bool Poison { get; init; } = FreedMemory.IsPoisoned;
}
