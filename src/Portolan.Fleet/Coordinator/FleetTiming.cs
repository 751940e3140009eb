namespace Portolan.Fleet.Coordinator;

/// <summary>The times of a coordinator. Tests shorten them.</summary>
public sealed record FleetTiming
{
    /// <summary>How long a lease holds unless it is renewed, which an agent does after a third of it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often chunks are cut and published, and expired leases ended.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A chunk that has been in an empty queue for so long is published again: the broker lost it.</summary>
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>An agent that was silent for so long is not counted among those at work.</summary>
    public TimeSpan AgentSilence { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>A chunk whose attempts all failed, so many of them, is given up: the job ends incomplete.</summary>
    public int MostAttempts { get; init; } = 10;
}
