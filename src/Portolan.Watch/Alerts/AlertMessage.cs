using System.Globalization;
using System.Text;
using Portolan.Watch.Changes;
using Portolan.Watch.Watching;

namespace Portolan.Watch.Alerts;

/// <summary>What <c>portolan watch</c> reports besides changes of ports: it is not in the store.</summary>
/// <param name="Code">
/// What happened, for programs: <c>look-failed</c>, <c>disk-full</c>, <c>look-recovered</c>, or <c>scanned</c>.
/// </param>
/// <param name="Text">The same for people.</param>
public sealed record AlertNotice(string Code, string Text)
{
    /// <summary>Whether it says how looks stand, so that the next such notice replaces it.</summary>
    public bool IsOfLooks => Code is "look-failed" or "disk-full" or "look-recovered";
}

/// <summary>What a receiver gets at once: events; or none, for a notice or a test.</summary>
/// <param name="Machine">The machine's name. Hostile text.</param>
/// <param name="Receiver">The receiver's name.</param>
/// <param name="Events">The events, in the order in which they were found.</param>
public sealed record AlertMessage(string Machine, string Receiver, IReadOnlyList<WatchEvent> Events)
{
    // More are counted: each is in the history.
    private const int MostInText = 100;

    /// <summary>
    /// The same whenever this message is sent again: machine, time and number of the first event, number of the last, receiver. It has
    /// letters, digits, dots, hyphens and underscores only.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>When the first event was found; of a test, when it was asked for.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What <c>portolan watch</c> reports of itself; <c>null</c> where it reports events.</summary>
    public AlertNotice? Notice { get; init; }

    /// <summary>Whether it only tests the receiver.</summary>
    public bool IsTest => Events.Count == 0 && Notice is null;

    /// <summary>One line: where, and what.</summary>
    public string Subject => TerminalText.Escape(Events switch
    {
        [] => $"{Machine}: {Notice?.Text ?? "a test of portolan watch"}",
        [var one] => $"{Machine}: {ChangeWords.Ports(one.Stored.Change)} {Word(one)}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Machine}: {Events.Count} changes of ports"),
    });

    /// <summary>The message of events.</summary>
    public static AlertMessage Of(string receiver, IReadOnlyList<WatchEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        var (machine, first) = (events[0].Machine, events[0].Stored);
        return new AlertMessage(machine, receiver, events)
        {
            At = first.FoundAt,
            Id = Clean(string.Create(
                CultureInfo.InvariantCulture,
                $"{machine}-{first.FoundAt.ToUnixTimeMilliseconds()}-{first.Id}-{events[^1].Stored.Id}-{receiver}")),
        };
    }

    /// <summary>The message that tests a receiver.</summary>
    public static AlertMessage Test(string machine, string receiver, DateTimeOffset now) => new(machine, receiver, [])
    {
        At = now,
        Id = Clean(string.Create(CultureInfo.InvariantCulture, $"{machine}-{now.ToUnixTimeMilliseconds()}-test-{receiver}")),
    };

    /// <summary>The message of a notice.</summary>
    public static AlertMessage Of(AlertNotice notice, string machine, string receiver, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return new AlertMessage(machine, receiver, [])
        {
            At = now,
            Notice = notice,
            Id = Clean(string.Create(CultureInfo.InvariantCulture, $"{machine}-{now.ToUnixTimeMilliseconds()}-{notice.Code}-{receiver}")),
        };
    }

    /// <summary>Its lines for people; hostile characters are made visible.</summary>
    /// <param name="zone">The zone of their times.</param>
    public string Text(TimeZoneInfo zone)
    {
        if (Notice is not null)
        {
            return Subject + "\n";
        }

        if (IsTest)
        {
            return TerminalText.Escape($"This is a test from portolan watch on {Machine}: the receiver {Receiver} works.") + "\n";
        }

        var text = new StringBuilder();
        foreach (var one in Events.Take(MostInText))
        {
            var (what, command) = one.Lines(zone);
            text.Append(TerminalText.Escape(what)).Append('\n').Append(TerminalText.Escape(command)).Append('\n');
        }

        return Events.Count <= MostInText ? text.ToString()
            : text.Append(CultureInfo.InvariantCulture, $"and {Events.Count - MostInText} more: portolan history\n").ToString();
    }

    private static string Word(WatchEvent one) => one.Kind switch
    {
        WatchEventKind.PortOpened => "opened" + (one.Facts?.Reach is { } reach ? $" ({reach.Exposure})" : ""),
        WatchEventKind.PortClosed => "closed",
        WatchEventKind.OwnerChanged => "changed its owner",
        WatchEventKind.BindChanged => "is bound to other addresses",
        _ => "changed its reach" + (one.Facts?.Reach is { } reach ? $": {reach.Exposure}" : ""),
    };

    private static string Clean(string text) =>
        string.Concat(text.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '_'));
}
