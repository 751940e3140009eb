using Portolan.Watch.Watching;

namespace Portolan.Watch.Alerts;

/// <summary>A receiver with its name, and what it gets.</summary>
/// <param name="Name">Letters, digits, hyphens and underscores.</param>
/// <param name="Receiver">Where messages go.</param>
/// <param name="Filter">What it wants.</param>
public sealed record AlertRoute(string Name, IAlertReceiver Receiver, AlertFilter Filter)
{
    /// <summary>Which events no receiver gets: mutes and maintenance windows.</summary>
    public required Func<WatchEvent, bool> IsQuiet { get; init; }

    /// <summary>The next time at or after another when messages go out; <c>null</c> where they go out ten seconds after an event.</summary>
    public Func<DateTimeOffset, DateTimeOffset>? Due { get; init; }

    /// <summary>Whether an event goes there.</summary>
    public bool Takes(WatchEvent one) => Filter.Wants(one) && !IsQuiet(one);
}
