using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Runs a listing: read, filter, find owners, filter again, print.</summary>
internal sealed class ListRunner(ListRequest request, CommandContext context)
{
    /// <summary>Lists once, or again and again when watching.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        var listing = Take(cancellationToken);
        Print(listing);
        ReportMissing(listing);
        return ExitCode.Success;
    }

    private Listing Take(CancellationToken cancellationToken)
    {
        var query = request.Selection.ToQuery() with
        {
            TcpDetails = request.NeedsTcpDetails,
            Memory = request.Memory,
            AllNamespaces = request.AllNamespaces,
        };
        var takenAt = context.Clock.GetUtcNow();
        var snapshot = context.Sockets.Read(query, cancellationToken);
        var rows = new Rows(snapshot.Sockets.Count, null);
        SocketOwners? owners = null;
        if (request.NeedsOwners)
        {
            owners = SocketOwners.Find(
                snapshot.Sockets, rows.Positions(), context.Owners, context.Processes, Fields(), cancellationToken);
        }

        var facts = new SocketFacts(snapshot, new NameSources
        {
            Process = pid => owners?.Processes.GetValueOrDefault(pid),
        })
        {
            Owners = owners?.Map,
        };
        return new Listing(facts, rows, takenAt);
    }

    private ProcessFields Fields() => request.Format switch
    {
        ListFormat.Json or ListFormat.Csv => ProcessFields.Document,
        ListFormat.Netstat => ProcessFields.CommandLine,
        _ => (request.Columns ?? []).Any(static c => c is "command" or "unit" or "container") ? ProcessFields.Document : ProcessFields.None,
    };

    private void Print(Listing listing)
    {
        var rows = Order(listing);
        switch (request.Format)
        {
            case ListFormat.Json:
                JsonOutput.WriteDocument(context.Output, json =>
                    new SocketJson(listing.Facts).WriteDocument(json, rows, listing.TakenAt, Environment.MachineName, Missing(listing)));
                break;
            case ListFormat.Csv:
                new SocketCsv(listing.Facts, Columns(listing.Facts)) { Heading = request.Heading }.Write(rows, context.Writer);
                break;
            default:
                new TableRenderer(listing.Facts, Columns(listing.Facts))
                {
                    Heading = request.Heading,
                    Color = context.OutputColor,
                    Details = request.Info || request.Memory ? new DetailLine(listing.Facts, request.Info, request.Memory, request.OneLine) : null,
                }.Write(rows, context.Writer);
                break;
        }

        context.Flush();
    }

    private Rows Order(Listing listing)
    {
        if (request.Sort.Count > 0)
        {
            return RowOrder.By(listing.Rows, listing.Facts.Sockets, [.. request.Sort.Select(s => (ColumnCatalog.Create(s.Column, listing.Facts), s.Descending))]);
        }

        var isSortedByItself = request.Format == ListFormat.Table && context.OutputIsTerminal && listing.Rows.Count <= RowOrder.MostRowsSortedByItself;
        return isSortedByItself ? RowOrder.ByDefault(listing.Rows, listing.Facts.Sockets) : listing.Rows;
    }

    private Column[] Columns(SocketFacts facts) => [.. request.ColumnNames.Select(name => ColumnCatalog.Create(name, facts))];

    private static IReadOnlyList<MissingFact> Missing(Listing listing)
    {
        var hidden = listing.Facts.HiddenOwners(listing.Rows);
        return hidden == 0 ? listing.Facts.Snapshot.Missing : [.. listing.Facts.Snapshot.Missing, HiddenOwners(hidden)];
    }

    private static MissingFact HiddenOwners(int count) => new(
        count == 1 ? "the owner of 1 socket" : $"the owners of {count} sockets", "other users' processes are hidden: run as root to see them");

    private void ReportMissing(Listing listing)
    {
        foreach (var fact in Missing(listing))
        {
            context.Error.WriteLine($"portolan: {TerminalText.Escape(fact.What)}: {TerminalText.Escape(fact.Why)}");
        }
    }

    private sealed record Listing(SocketFacts Facts, Rows Rows, DateTimeOffset TakenAt);
}
