namespace Portolan.Firewall.Changing.Planning;

/// <summary>What is to become of Portolan's own rules.</summary>
/// <param name="Before">As they are.</param>
/// <param name="After">As they are to be.</param>
public sealed record ChangePlan(OwnState Before, OwnState After)
{
    /// <summary>The change that is made; <c>null</c> when changes are only confirmed or discarded, or nothing is to be done.</summary>
    public OwnChange? Change { get; init; }

    /// <summary>Changes that are confirmed.</summary>
    public IReadOnlyList<OwnChange> Confirmed { get; init; } = [];

    /// <summary>Pending changes that are taken back at once.</summary>
    public IReadOnlyList<OwnChange> Discarded { get; init; } = [];

    /// <summary>Rules that are there afterwards and were not before.</summary>
    public IReadOnlyList<OwnRule> Added { get; init; } = [];

    /// <summary>Rules that no longer work afterwards.</summary>
    public IReadOnlyList<OwnRule> Removed { get; init; } = [];

    /// <summary>What a person should know: which rules come before it, and which exist already. Sentences without a full stop.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether nothing is to be done.</summary>
    public bool IsNothing => Change is null && Confirmed.Count == 0 && Discarded.Count == 0;
}

/// <summary>Who changes, when, from where, and how long the change waits for its confirmation.</summary>
/// <param name="By">The user. Hostile text.</param>
/// <param name="At">Now.</param>
/// <param name="Origin">Where from.</param>
/// <param name="Within">How long the change waits.</param>
public sealed record ChangeContext(string By, DateTimeOffset At, ChangeOrigin Origin, TimeSpan Within);
