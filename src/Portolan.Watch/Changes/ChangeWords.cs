using System.Globalization;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>A change in words for people; nothing in them is escaped yet.</summary>
public static class ChangeWords
{
    /// <summary>The ports of a change: <c>443/tcp</c>; empty for a change of the host.</summary>
    public static string Ports(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Protocol is { } protocol && change.Kind is not (ChangeKind.HostUp or ChangeKind.HostDown)
            ? $"{change.Ports}/{protocol.Name()}"
            : "";
    }

    /// <summary>A change in one line: the old value, the new one, and how sure it is.</summary>
    /// <param name="change">The change.</param>
    /// <param name="missRateBound">What the later result missed at most; <c>null</c> when unknown.</param>
    public static string Text(Change change, double? missRateBound)
    {
        ArgumentNullException.ThrowIfNull(change);
        var text = change.Kind switch
        {
            ChangeKind.HostUp or ChangeKind.HostDown => OpenPorts(change),
            ChangeKind.Opened => Join(change.After.Facts, $"was {change.Before.Text}"),
            ChangeKind.Closed => Join(change.Before.Facts, $"now {change.After.Text}"),
            ChangeKind.Expiring => $"{Days(change.DaysLeft.GetValueOrDefault())}: {change.After.Text}",
            ChangeKind.Bind when change.IsWidened => $"{change.Before.Text} → {change.After.Text} (widened)",
            _ => $"{change.Before.Text} → {change.After.Text}",
        };
        return change.IsCertain ? text : $"{text}{(text.Length > 0 ? "; " : "")}{Loss(change, missRateBound)}";
    }

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) => share is > 0 and < 0.0001
        ? "0.01 %"
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(share * 100, 2)} %");

    // The bound is of ports: what discovery missed has another.
    private static string Loss(Change change, double? missRateBound) => missRateBound is { } bound && change.Kind != ChangeKind.HostDown
        ? $"silent: may be packet loss (at most {Percent(bound)} of the ports that would answer were missed)"
        : "silent: may be packet loss";

    private static string OpenPorts(Change change) => change.Ports.IsEmpty
        ? ""
        : $"{(change.Kind == ChangeKind.HostUp ? "open" : "had open")}: {change.Ports}/{change.Protocol?.Name()}";

    private static string Join(Endpoint? facts, string state)
    {
        var said = facts?.Service?.Text ?? facts?.Banner;
        var known = new[] { said, facts?.Owner, facts?.Binds?.Text, facts?.Reach?.Text };
        return string.Join(", ", [.. known.Where(static text => !string.IsNullOrEmpty(text)).Distinct(), state]);
    }

    private static string Days(int days) => days switch
    {
        < 0 => "expired",
        0 => "less than a day left",
        1 => "1 day left",
        _ => string.Create(CultureInfo.InvariantCulture, $"{days} days left"),
    };
}
