using System.Text.Json;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using ChartDocument = Portolan.Sockets.Documents.ChartDocument;

namespace Portolan.Cli.History;

/// <summary>The chart of this machine as it was at a moment, from the rows that were seen then.</summary>
internal static class StoredChart
{
    /// <summary>Draws it.</summary>
    /// <exception cref="PortolanException">There is no store, or no observation then. Exit code 1.</exception>
    public static ExitCode Run(string path, Moment moment, CommandContext context)
    {
        using var store = StoreOption.OpenForReading(path, context);
        // The own namespace is the one that every chart shows; the others are drawn where they were seen at that look too.
        var spaces = MachineSpaces.Of(store, Survey.Host);
        var own = spaces.Find(static space => space.Space.Length == 0).Host
            ?? throw new PortolanException(
                $"the store {path} contains no chart of {Survey.Host}", $"portolan {StoreOption.InHint(path, context)} adds one",
                ExitCode.NothingFound);
        var at = ObservedAt(store, own, moment, context);
        var rows = new List<(string, StoredRow)>();
        var missing = new List<string>();
        foreach (var (space, host) in spaces.Where(space => IsObserved(store, space.Host, at)))
        {
            foreach (var row in store.ChartRows.At(host.Id, at))
            {
                if (MissingRows.Is(row))
                {
                    missing.Add(store.Contents.TextOf(row.Body));
                }
                else
                {
                    rows.Add((space, Read(row, store)));
                }
            }
        }

        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => WriteMembers(json, at, rows, missing, StoreGaps.Of(store)));
        }
        else
        {
            new StoredChartText(context.Writer, context.OutputWidth, context.OutputColor).Write(
                Survey.Host, HistoryWords.Time(at, context.Clock.LocalTimeZone), rows);
            context.Flush();
            foreach (var (what, why) in missing.Select(MissingRows.Read).OfType<(string, string)>().Distinct())
            {
                ErrorLines.Write(context, $"portolan: unknown then: {TerminalText.Escape(what)}: {TerminalText.Escape(why)}");
            }
        }

        return ExitCode.Success;
    }

    // The last time within the moment at which the machine was observed.
    private static DateTimeOffset ObservedAt(HistoryStore store, HostRecord own, Moment moment, CommandContext context)
    {
        var zone = context.Clock.LocalTimeZone;
        var last = moment.End.AddMilliseconds(-1);
        var before = store.ChartRows.ObservedBefore(own.Id, last);
        if (before is { } span && span.Until >= moment.Start)
        {
            return span.LastUpTo(last);
        }

        var after = store.ChartRows.ObservedAfter(own.Id, last);
        var gap = (before, after) switch
        {
            ({ } b, { } a) => $"not observed {HistoryWords.Span(b.Until, a.Since, zone)}",
            ({ } b, _) => $"not observed since {HistoryWords.Time(b.Until, zone)}",
            (_, { } a) => $"not observed until {HistoryWords.Time(a.Since, zone)}",
            _ => "never observed",
        };
        var near = before?.Until ?? after?.Since;
        throw new PortolanException(
            gap,
            near is { } time
                ? Advice.Of($"portolan --at {HistoryWords.Time(time, zone).Replace(' ', 'T')}"
                    + $"{StoreOption.OfQuestion(store.Path, context)} draws the nearest chart")
                : $"portolan {StoreOption.InHint(store.Path, context)} adds one",
            ExitCode.NothingFound);
    }

    private static bool IsObserved(HistoryStore store, HostRecord space, DateTimeOffset at) =>
        store.ChartRows.ObservedBefore(space.Id, at) is { } span && span.Until >= at;

    private static StoredRow Read(StoredChartRow row, HistoryStore store) =>
        new(row.Protocol, row.Port, store.Contents.TextOf(row.Body), row.ValidFrom);

    private static void WriteMembers(
        Utf8JsonWriter json, DateTimeOffset at, List<(string Space, StoredRow Row)> rows, List<string> missing,
        IReadOnlyList<MissingFact> gaps)
    {
        JsonHead.WriteName(json, ChartDocument.Format, at, Survey.Host);
        json.WriteBoolean("complete"u8, missing.Count + gaps.Count == 0);
        json.WriteStartArray("missing"u8);
        foreach (var fact in missing.Where(static fact => MissingRows.Read(fact) is not null))
        {
            using var document = JsonDocument.Parse(fact);
            document.RootElement.WriteTo(json);
        }

        foreach (var gap in gaps)
        {
            JsonHead.WriteFact(json, gap);
        }

        json.WriteEndArray();
        json.WriteStartArray("ports"u8);
        foreach (var (space, row) in rows)
        {
            json.WriteStartObject();
            using (var document = row.Parse())
            {
                foreach (var member in document.RootElement.EnumerateObject())
                {
                    member.WriteTo(json);
                }
            }

            // Counters of a moment are not stored.
            json.WriteNull("connections"u8);
            json.WriteNull("bytesIn"u8);
            json.WriteNull("bytesOut"u8);
            json.WriteText("namespace"u8, space.Length == 0 ? null : space);
            json.WriteStartArray("notes"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("clientSockets"u8);
        json.WriteNull("unseenNamespaces"u8);
        json.WriteStartArray("warnings"u8);
        json.WriteEndArray();
    }
}

/// <summary>A stored row of a chart.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Body">The row as JSON.</param>
/// <param name="Since">When it was seen first as it is.</param>
internal sealed record StoredRow(TransportProtocol Protocol, PortNumber Port, string Body, DateTimeOffset Since)
{
    /// <summary>The row; empty where the text is damaged.</summary>
    public JsonDocument Parse()
    {
        try
        {
            var document = JsonDocument.Parse(Body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
        }

        return JsonDocument.Parse("{}");
    }
}
