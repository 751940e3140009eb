using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>How links in memory are made.</summary>
public sealed record MemoryLinkOptions
{
    /// <summary>What frames start with.</summary>
    public LinkLayer Layer { get; init => field = Allowed.Named(value); } = LinkLayer.Ethernet;

    /// <summary>The most bytes of a frame, headers of the link included. By default Ethernet's 1,514.</summary>
    public int MaxFrameLength { get; init => field = Allowed.AtLeast(1, value); } = 1514;

    /// <summary>Frames that may wait for a receiver; those that come then are dropped.</summary>
    public int Capacity { get; init => field = Allowed.AtLeast(1, value); } = 512;

    /// <summary>
    /// Whether a sender is given no room while its peer's queue is full, instead of losing frames; a stack tries again after a millisecond.
    /// Of a wire only.
    /// </summary>
    public bool HoldsBack { get; init; } = true;

    /// <summary>Where the times of frames come from.</summary>
    public TimeProvider Time { get; init => field = Allowed.NotNull(value); } = TimeProvider.System;
}
