namespace Portolan.Transport.Testing;

/// <summary>How a <see cref="SimWorld"/> runs.</summary>
public sealed record SimOptions
{
    /// <summary>Where every frame is captured with its fate, as pcapng; <c>null</c> for nowhere. The caller closes it.</summary>
    public Stream? Capture { get; init; }

    /// <summary>Events after which a world is taken for one that never ends.</summary>
    public long MaxEvents { get; init; } = 5_000_000;
}
