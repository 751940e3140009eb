using System.Globalization;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Watching;

/// <summary>A change of this machine's ports, for people and programs.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Stored">The change, as the store has it.</param>
public sealed record WatchEvent(WatchEventKind Kind, StoredChange Stored)
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:sszzz";

    /// <summary>
    /// Of a port that opens and closes again and again how often it did within an hour: the event stands for the last of them; else 1.
    /// </summary>
    public long Count { get; init; } = 1;

    /// <summary>The machine.</summary>
    public string Machine => Stored.Machine ?? "";

    /// <summary>The same in every output: the machine and the number of the change in its store.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Machine}-{Stored.Id}");

    /// <summary>What is known of the port: as it is now, or as it was when it was open.</summary>
    public Endpoint? Facts => Kind == WatchEventKind.PortClosed ? Stored.Change.Before.Facts : Stored.Change.After.Facts;

    /// <summary>What was there before, for people; <c>null</c> of a port that opened or closed. Hostile text.</summary>
    public string? Previous =>
        Kind is WatchEventKind.PortOpened or WatchEventKind.PortClosed ? null : Stored.Change.Before.Text;

    /// <summary>The command that shows more.</summary>
    public string Command => (Kind, Port) switch
    {
        (_, null) => "portolan history",
        (WatchEventKind.PortClosed, { } port) => Text("portolan history", port),
        (WatchEventKind.ReachChanged, { } port) => Text("portolan explain", port),
        (_, { } port) => Text("portolan who", port),
    };

    /// <summary>The port; <c>null</c> where many changed alike.</summary>
    public PortNumber? Port => Stored.Change.Ports.Count == 1 ? Stored.Change.Ports.First : null;

    /// <summary>The event that a stored change is; <c>null</c> where it is none.</summary>
    public static WatchEvent? Of(StoredChange stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return WatchEventKinds.Of(stored.Change.Kind) is { } kind ? new WatchEvent(kind, stored) : null;
    }

    /// <summary>Two lines for people: when, where and what; then the command. Nothing in them is escaped yet.</summary>
    /// <param name="zone">The zone of their times.</param>
    public (string What, string Command) Lines(TimeZoneInfo zone)
    {
        var ports = ChangeWords.Ports(Stored.Change);
        var what = Kind switch
        {
            WatchEventKind.PortOpened => $"{ports} opened{Flaps}: {Known(Facts)}",
            WatchEventKind.PortClosed => $"{ports} closed{Flaps}: it was {Known(Facts)}",
            WatchEventKind.OwnerChanged => $"{ports} changed its owner: {Change}",
            WatchEventKind.BindChanged => $"{ports} is bound to other addresses: {Change}",
            _ => $"{ports} changed its reach: {Change}",
        };
        var since = Stored.Since is { } before ? $"; between {Time(before, zone)} and now" : "";
        var place = Stored.Change.Host.Space is { Length: > 0 } space ? $"{Machine} ({space})" : Machine;
        return ($"{Time(Stored.FoundAt, zone)} {place}: {what}{since}", $"  {Command}");
    }

    private string Flaps =>
        Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (it flaps: {Count:N0} changes within an hour)");

    private string Change => $"{Stored.Change.Before.Text} → {Stored.Change.After.Text}";

    private static string Known(Endpoint? facts)
    {
        var known = new[] { facts?.Owner, facts?.Binds?.Text, facts?.Reach?.Text }.Where(static text => !string.IsNullOrEmpty(text));
        return string.Join(", ", known) is { Length: > 0 } text ? text : "its owner is hidden";
    }

    private string Text(string command, PortNumber port) =>
        string.Create(CultureInfo.InvariantCulture, $"{command} {port.Value}/{Stored.Change.Protocol?.Name()}");

    /// <summary>A time as events have it, with its offset.</summary>
    public static string Time(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString(TimeFormat, CultureInfo.InvariantCulture);
}
