namespace Portolan.Transport.Testing;

/// <summary>Something in a world that has deadlines: a host or a cable.</summary>
public abstract class SimPart
{
    private protected SimPart(SimWorld world) => World = world;

    /// <summary>The world.</summary>
    public SimWorld World { get; }

    /// <summary>When it wants to run next, in the world's time.</summary>
    internal abstract Instant NextDeadline { get; }

    /// <summary>The event that it waits for; other ones of it in the heap are stale.</summary>
    internal Instant Scheduled { get; set; } = Instant.Never;

    /// <summary>Does what is due.</summary>
    internal abstract void Run(Instant now);
}
