using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>
/// A link that says when frames came. Several of them can be driven by one thread, which waits for all of them at once. A link that cannot
/// say so has to be waited for in its receiver, and a thread can do that for one link only.
/// </summary>
public interface IWakingLink : IPacketLink
{
    /// <summary>Called when frames came, on any thread; it returns at once and does not throw.</summary>
    Action? Arrived { get; set; }
}

/// <summary>
/// A link around another one, such as one that spoils frames or writes them down. What it wraps may be an <see cref="IWakingLink"/>.
/// </summary>
public interface IWrappingLink : IPacketLink
{
    /// <summary>The link that it wraps.</summary>
    IPacketLink Inner { get; }
}
