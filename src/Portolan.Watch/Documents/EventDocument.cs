using System.Globalization;
using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Watch.Watching;

namespace Portolan.Watch.Documents;

/// <summary>A line of <c>portolan.event/1</c>: what the line says, when, and of which machine.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Event">The kind of the line.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
public abstract record EventLine(
    [property: JsonPropertyOrder(-1)] string At, [property: JsonPropertyOrder(-1)] string Event,
    [property: JsonPropertyOrder(-1)] string Host)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.event/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-2)]
    public string Schema => Format;
}

/// <summary>The first line: the first look is stored, and everything after it is heard of.</summary>
/// <param name="At">When the first look was taken.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
/// <param name="Store">The file that events are stored in.</param>
/// <param name="EverySeconds">How long after a look the next one begins.</param>
/// <param name="Ports">How many rows the chart has.</param>
/// <param name="Missing">What is not looked at, and why.</param>
public sealed record ReadyLine(
    string At, string Host, string Store, double EverySeconds, int Ports, IReadOnlyList<MissingFactRecord> Missing)
    : EventLine(At, "ready", Host)
{
    /// <summary>The line of a first look.</summary>
    public static ReadyLine Of(MachineLook look, string machine, string store, TimeSpan every)
    {
        ArgumentNullException.ThrowIfNull(look);
        return new ReadyLine(TimeText.Rfc3339(look.At), machine, store, every.TotalSeconds, look.Ports, MissingFactRecord.Of(look.Missing));
    }
}

/// <summary>Of watch itself: a look failed, or looks succeed again.</summary>
/// <param name="At">When.</param>
/// <param name="Event">See <see cref="Alerts.AlertNotice"/>.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
/// <param name="Reason">Why, for people; <c>null</c> where looks succeed again.</param>
public sealed record TroubleLine(string At, string Event, string Host, string? Reason) : EventLine(At, Event, Host);

/// <summary>This machine is being scanned.</summary>
/// <param name="At">When that was recognised.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
/// <param name="Source">Where the packets say they come from: an address of IPv4, or a /64 of IPv6. Anyone can write that.</param>
/// <param name="Ports">The ports without a service that were tried, such as <c>22/tcp</c>.</param>
/// <param name="Since">When the first of them was tried.</param>
public sealed record ScannedLine(string At, string Host, string Source, IReadOnlyList<string> Ports, string Since)
    : EventLine(At, "scanned", Host)
{
    /// <summary>The line of a scan.</summary>
    public static ScannedLine Of(ScanSighting scan, DateTimeOffset at, string machine)
    {
        ArgumentNullException.ThrowIfNull(scan);
        return new ScannedLine(
            TimeText.Rfc3339(at), machine, scan.Source.ToString(),
            [.. scan.Ports.Select(static port => string.Create(CultureInfo.InvariantCulture, $"{port.Port.Value}/{port.Protocol.Name()}"))],
            TimeText.Rfc3339(scan.Since));
    }
}

/// <summary>A change.</summary>
/// <param name="At">When it was found.</param>
/// <param name="Event">What changed: see <see cref="WatchEventKinds"/>.</param>
/// <param name="Host">The machine's name. Hostile text.</param>
/// <param name="Id">The same wherever this event is written: machine and number in the store.</param>
/// <param name="Namespace">The network namespace; <c>null</c> for the machine's own.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port; <c>null</c> where many changed alike.</param>
/// <param name="Ports">The ports as a list.</param>
/// <param name="Address">The addresses it is bound to; of a closed port, those it was bound to; <c>null</c> where not known.</param>
/// <param name="Owner">Who holds it, or held it; <c>null</c> where that is hidden. Hostile text.</param>
/// <param name="Reach">Who can reach it, or could; <c>null</c> where that is not known.</param>
/// <param name="Count">How often the port opened and closed within an hour where it flaps; else 1.</param>
/// <param name="Since">The look before it, which did not see the change yet; <c>null</c> where that is not known.</param>
/// <param name="Previous">What was there before, for people; <c>null</c> of a port that opened or closed. Hostile text.</param>
/// <param name="Command">The command that shows more.</param>
public sealed record ChangeLine(
    string At, string Event, string Host, string Id, string? Namespace, string? Protocol, int? Port, string Ports,
    IReadOnlyList<string>? Address, string? Owner, ReachRecord? Reach, long Count, string? Since, string? Previous, string Command)
    : EventLine(At, Event, Host)
{
    /// <summary>The line of an event.</summary>
    public static ChangeLine Of(WatchEvent what)
    {
        ArgumentNullException.ThrowIfNull(what);
        var (change, facts) = (what.Stored.Change, what.Facts);
        return new ChangeLine(
            TimeText.Rfc3339(what.Stored.FoundAt), what.Kind.Name(), what.Machine, what.Id, HostNameRecord.SpaceOf(change.Host),
            change.Protocol?.Name(), what.Port?.Value, change.Ports.ToString(), facts?.Binds?.Addresses, facts?.Owner,
            facts?.Reach is { } reach ? new ReachRecord(reach.Exposure, reach.Summary, reach.Rule) : null, what.Count,
            what.Stored.Since is { } since ? TimeText.Rfc3339(since) : null, what.Previous, what.Command);
    }
}

/// <summary>Who can reach a port.</summary>
/// <param name="Exposure">reachable, limited, blocked or local.</param>
/// <param name="From">From where, for people; <c>null</c> where the chart says no more.</param>
/// <param name="Rule">The rule that decides; <c>null</c> where none does.</param>
public sealed record ReachRecord(string Exposure, string? From, string? Rule);
