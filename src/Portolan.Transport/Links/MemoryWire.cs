using Portolan.Packets;

namespace Portolan.Transport.Links;

/// <summary>A wire in memory with two ends. What one sends the other receives, in order and without delay.</summary>
public sealed class MemoryWire : IMemoryFabric, IDisposable
{
    private readonly MemoryLinkOptions _options;

    /// <summary>Makes a wire.</summary>
    /// <param name="left">The Ethernet address of one end.</param>
    /// <param name="right">The Ethernet address of the other.</param>
    /// <param name="options">Of both ends.</param>
    public MemoryWire(MacAddress left, MacAddress right, MemoryLinkOptions? options = null)
    {
        _options = options ?? new MemoryLinkOptions();
        Left = new MemoryLink(this, _options, left, "left end of a wire in memory");
        Right = new MemoryLink(this, _options, right, "right end of a wire in memory");
    }

    /// <summary>One end.</summary>
    public MemoryLink Left { get; }

    /// <summary>The other end.</summary>
    public MemoryLink Right { get; }

    void IMemoryFabric.Carry(MemoryLink from, ReadOnlySpan<byte> frame, long timestamp) => PeerOf(from).Deliver(frame, timestamp);

    int IMemoryFabric.FreeFor(MemoryLink from) => _options.HoldsBack ? PeerOf(from).Free() : int.MaxValue;

    void IMemoryFabric.Remove(MemoryLink link)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }

    private MemoryLink PeerOf(MemoryLink end) => end == Left ? Right : Left;
}
