using Portolan.Transport.Links;

namespace Portolan.Transport.Testing;

/// <summary>How a <see cref="SimWorld"/> runs.</summary>
public sealed record SimOptions
{
    /// <summary>Where every frame is captured with its fate, as pcapng; <c>null</c> for nowhere. The caller closes it.</summary>
    public Stream? Capture { get; init; }

    /// <summary>Events after which a world is taken for one that never ends.</summary>
    public long MaxEvents { get; init => field = Allowed.AtLeast(1, value); } = 5_000_000;

    /// <summary>
    /// What the fate of a frame is drawn by. With application code on threads of its own <see cref="FaultKeying.Flow"/>, so that each flow
    /// meets the same faults again.
    /// </summary>
    public FaultKeying Keying { get; init => field = Allowed.Named(value); } = FaultKeying.Order;

    /// <summary>With application code: the real time for which it must be quiet before the world's time goes on.</summary>
    public TimeSpan Settle { get; init => field = Allowed.Positive(value); } = TimeSpan.FromMilliseconds(1);

    /// <summary>With application code: the real time after which one that does nothing is taken for one that never will.</summary>
    public TimeSpan Patience { get; init => field = Allowed.Positive(value); } = TimeSpan.FromSeconds(30);
}
