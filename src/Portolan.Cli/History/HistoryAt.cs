using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets.Binding;
using Portolan.Store;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary>What is known of a port at a moment, on each host.</summary>
internal static class HistoryAt
{
    private static readonly TableColumn[] Columns =
        [new("HOST"), new("PORT"), new("STATE"), new("SEEN"), new("WHAT", MinWidth: 16, Shrinks: true)];

    /// <summary>Asks and prints; 1 if not observed then.</summary>
    /// <exception cref="PortolanException">There is no store, or it knows no such host or port.</exception>
    public static ExitCode Run(
        string path, Moment moment, NamedPort port, string? host, CommandContext context, CancellationToken cancellationToken)
    {
        using var store = StoreOption.OpenForReading(path, context);
        var found = Find(store, moment, port, host, context, cancellationToken);
        if (found.Count == 0)
        {
            throw new PortolanException(
                $"the store {path} has no observation of port {port.Port} at any time",
                $"portolan scan {StoreOption.InHint(path, context)} -p {port.Port.Value} TARGET adds one", ExitCode.NothingFound);
        }

        if (context.Json)
        {
            var document = MomentDocument.Of(
                found, port.Port, moment.Start, moment.End, StoreGaps.Of(store), store.Path, context.Clock.GetUtcNow());
            JsonOutput.WriteDocument(context.Output, document, WatchDocuments.Default.MomentDocument);
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
            : HistoryHosts.Find(host, reader, store.Path, context);
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
}
