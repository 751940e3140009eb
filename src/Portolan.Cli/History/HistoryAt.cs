using System.Text.Json;
using Portolan.Cli.Diffing;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets.Binding;
using Portolan.Store;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary>What is known of a port at a moment, on each host.</summary>
internal static class HistoryAt
{
    /// <summary>The schema.</summary>
    public const string Schema = "portolan.moment/1";

    private static readonly TableColumn[] Columns =
        [new("HOST"), new("PORT"), new("STATE"), new("SEEN"), new("WHAT", MinWidth: 16, Shrinks: true)];

    /// <summary>Asks and prints; 1 where nobody looked then.</summary>
    /// <exception cref="PortolanException">There is no store, or it knows no such host or port.</exception>
    public static ExitCode Run(
        string path, Moment moment, NamedPort port, string? host, CommandContext context, CancellationToken cancellationToken)
    {
        using var store = StoreOption.OpenForReading(path, context);
        var found = Find(store, moment, port, host, context, cancellationToken);
        if (found.Count == 0)
        {
            throw new PortolanException(
                $"no look in the store {path} covers port {port.Port}, at any time",
                $"portolan scan {StoreOption.InHint(path, context)} -p {port.Port.Value} TARGET adds one", ExitCode.NothingFound);
        }

        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => WriteMembers(json, store, moment, port, found, context.Clock.GetUtcNow()));
        }
        else
        {
            Write(found, port, context);
        }

        return found.Any(static known => known.Then is not null) ? ExitCode.Success : ExitCode.NothingFound;
    }

    private static List<PortMoment> Find(
        HistoryStore store, Moment moment, NamedPort port, string? host, CommandContext context, CancellationToken cancellationToken)
    {
        var (reader, moments, found) = (new HistoryReader(store), new PortMoments(store), new List<PortMoment>());
        IEnumerable<KnownHost> hosts = host is null
            ? [.. reader.Hosts(isChart: false), .. reader.Hosts(isChart: true)]
            : HistoryAnswer.FindHosts(host, reader, store.Path, context);
        foreach (var known in hosts)
        {
            foreach (var protocol in port.Usual)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (moments.Find(known, new EndpointKey(protocol, port.Port), moment.Start, moment.End) is { } then)
                {
                    found.Add(then);
                }
            }
        }

        // Of all hosts those where it was open, then, before or after; where it was open nowhere, each host that was looked at.
        return host is null && found.FindAll(WasOpen) is { Count: > 0 } open ? open : found;
    }

    private static bool WasOpen(PortMoment moment) => new[] { moment.Then, moment.Before, moment.After }.Any(
        static look => look?.State is { } state && (state.States & PossibleStates.Open) != 0);

    private static void Write(List<PortMoment> found, NamedPort port, CommandContext context)
    {
        var zone = context.Clock.LocalTimeZone;
        List<(string[], AnsiStyle)> rows = [.. found.Select(known => (new[]
        {
            HistoryWords.Host(known.Host.Key, known.Host.Machine, known.Host.Name),
            $"{port.Port}/{known.Protocol.Name()}",
            known.Then?.Text ?? "not observed",
            known.Then is { } then ? HistoryWords.Time(then.At, zone) : Gap(known, zone),
            known.Then is { } seen ? HistoryWords.Facts(seen.Facts) : Sides(known),
        }, known.Then is null ? AnsiStyle.Dim : AnsiStyle.None))];
        TextTable.Write(context.Writer, Columns, new CellRows(rows), context.OutputColor, context.OutputWidth);
        context.Flush();
    }

    private static string Gap(PortMoment known, TimeZoneInfo zone) => (known.Before, known.After) switch
    {
        ({ } before, { } after) => HistoryWords.Span(before.At, after.At, zone),
        ({ } before, _) => $"since {HistoryWords.Time(before.At, zone)}",
        (_, { } after) => $"until {HistoryWords.Time(after.At, zone)}",
        _ => "",
    };

    private static string Sides(PortMoment known)
    {
        var sides = new List<string>();
        if (known.Before is { } before)
        {
            sides.Add($"{before.Text} before");
        }

        if (known.After is { } after)
        {
            sides.Add($"{after.Text} after");
        }

        return string.Join(", ", sides);
    }

    private static void WriteMembers(
        Utf8JsonWriter json, HistoryStore store, Moment moment, NamedPort port, List<PortMoment> found, DateTimeOffset now)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("store"u8, store.Path);
        json.WriteString("askedAt"u8, now.UtcDateTime);
        json.WriteString("from"u8, moment.Start.UtcDateTime);
        json.WriteString("to"u8, moment.End.UtcDateTime);
        json.WriteStartArray("ports"u8);
        foreach (var known in found)
        {
            json.WriteStartObject();
            json.WriteStartObject("host"u8);
            HistoryJson.WriteHost(json, known.Host.Key, known.Host.Machine, known.Host.Name);
            json.WriteEndObject();
            json.WriteString("protocol"u8, known.Protocol.Name());
            json.WriteNumber("port"u8, port.Port.Value);
            json.WriteBoolean("observed"u8, known.Then is not null);
            WriteLook(json, "then"u8, known.Then);
            WriteLook(json, "before"u8, known.Before);
            WriteLook(json, "after"u8, known.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        JsonHead.WriteFacts(json, StoreGaps.Of(store));
    }

    private static void WriteLook(Utf8JsonWriter json, ReadOnlySpan<byte> name, PortLook? look)
    {
        if (look is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("at"u8, look.At.UtcDateTime);
        json.WriteString("state"u8, look.Text);
        DiffJson.WriteFacts(json, look.Facts);
        json.WriteEndObject();
    }
}
