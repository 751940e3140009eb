using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;
using Portolan.Sockets;
using Portolan.Sockets.Documents;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>Sockets that a table shows.</summary>
/// <param name="TakenAt">When they were read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Matched">How many the filter chooses.</param>
/// <param name="Offset">How many of these stand before the first of <paramref name="Sockets"/>.</param>
/// <param name="States">How many TCP sockets are in each state, whether or not the filter chooses them.</param>
/// <param name="Sockets">The sockets.</param>
internal sealed record SocketsPage(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, int Total, int Matched, int Offset,
    IReadOnlyDictionary<string, int> States, IReadOnlyList<SocketRecord> Sockets);

/// <summary>How pages of sockets are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SocketsPage))]
internal sealed partial class SocketDocuments : JsonSerializerContext;

/// <summary>Routes about sockets and connections.</summary>
/// <param name="feed">What lists them.</param>
internal sealed class SocketRoutes(SocketFeed feed)
{
    private const int UsualRows = 100;

    private static readonly Parameter[] Choice =
    [
        new("filter", "which sockets, in the language of portolan list (docs/filters.md)"),
        new("sort", $"the sort column: {string.Join(", ", SocketOrder.Columns)}"),
        new("order", "asc or desc"),
    ];

    private static readonly Parameter[] Paging =
        [new("offset", "how many to skip"), new("limit", $"how many at most: 1 to {PortRoutes.MostRows}")];

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/sockets", Scope.Read, "The sockets of this machine, and how many TCP sockets are in each state.", ListAsync)
        { AnswerType = typeof(SocketsPage), Parameters = [.. Choice, .. Paging] },
        new("GET", "/api/ports/{port}/connections", Scope.Read, "Who is connected to a port of this machine.", ConnectionsAsync)
        {
            AnswerType = typeof(SocketsPage),
            Parameters = [new("protocol", "tcp, udp, sctp or dccp; tcp without it"), .. Paging],
        },
        new("GET", "/api/export/sockets.json", Scope.Read, "The sockets as portolan.sockets/1.", ExportJsonAsync)
        { AnswerType = typeof(SocketsDocument), Parameters = Choice, TakesTicket = true, IsAudited = true },
        new("GET", "/api/export/sockets.csv", Scope.Read, "The sockets as CSV (RFC 4180).", ExportCsvAsync)
        { MediaType = "text/csv", Parameters = Choice, TakesTicket = true, IsAudited = true },
    ];

    private async Task ListAsync(ApiExchange exchange)
    {
        var filter = exchange.Query("filter");
        var view = await feed.GetAsync(filter, exchange.Aborted);
        await AnswerAsync(exchange, view, whole: filter is null ? view : await feed.GetAsync(null, exchange.Aborted));
    }

    private async Task ConnectionsAsync(ApiExchange exchange)
    {
        var protocol = exchange.Protocol() ?? TransportProtocol.Tcp;
        var filter = $"protocol = {protocol.Name()} and sport = :{exchange.Port().Value} and state connected";
        var view = await feed.GetAsync(filter, exchange.Aborted);
        await AnswerAsync(exchange, view, view, static entry => entry.HasRemote);
    }

    private static async Task AnswerAsync(
        ApiExchange exchange, SocketView view, SocketView whole, Func<SocketEntry, bool>? isMeant = null)
    {
        var (offset, limit) = (exchange.Number("offset", 0, 0, int.MaxValue), exchange.Number("limit", UsualRows, 1, PortRoutes.MostRows));
        var (sort, order) = (exchange.Query("sort"), exchange.Query("order"));
        var page = await Task.Run(
            () =>
            {
                var rows = SocketOrder.Sort(view, Meant(view, isMeant), sort, order);
                var missing = view.Listing.Missing();
                return new SocketsPage(
                    TimeText.Rfc3339(view.Listing.TakenAt), Environment.MachineName, missing.Count == 0, MissingFactRecord.Of(missing),
                    whole.Listing.Rows.Count, rows.Count, offset, States(whole, isMeant is null ? Meant(whole, null) : rows),
                    [.. Records(view, rows.Skip(offset).Take(limit), exchange.Caller)]);
            },
            exchange.Aborted);
        await exchange.AnswerAsync(page, SocketDocuments.Default.SocketsPage);
    }

    private async Task ExportJsonAsync(ApiExchange exchange)
    {
        var (view, rows) = await ChosenAsync(exchange);
        SocketsDocument document;
        lock (view.Machine)
        {
            document = SocketsDocument.Of(view.Listing, view.Machine, Environment.MachineName);
        }

        document = document with { Sockets = Records(view, rows, exchange.Caller) };
        await exchange.DownloadAsync(
            "sockets.json", "application/json",
            stream => JsonOutput.WriteDocument(stream, document, ReachabilityDocuments.Default.SocketsDocument));
    }

    private async Task ExportCsvAsync(ApiExchange exchange)
    {
        var (view, rows) = await ChosenAsync(exchange);
        await exchange.DownloadAsync(
            "sockets.csv", "text/csv; charset=utf-8",
            stream => SocketRecordCsv.Write(Records(view, rows, exchange.Caller), stream));
    }

    private async Task<(SocketView View, IReadOnlyList<int> Rows)> ChosenAsync(ApiExchange exchange)
    {
        var view = await feed.GetAsync(exchange.Query("filter"), exchange.Aborted);
        return (view, SocketOrder.Sort(view, Meant(view, null), exchange.Query("sort"), exchange.Query("order")));
    }

    private static List<int> Meant(SocketView view, Func<SocketEntry, bool>? isMeant)
    {
        var rows = new List<int>(view.Listing.Rows.Count);
        for (var i = 0; i < view.Listing.Rows.Count; i++)
        {
            var position = view.Listing.Rows[i];
            if (isMeant is null || isMeant(view.Listing.Snapshot.Sockets[position]))
            {
                rows.Add(position);
            }
        }

        return rows;
    }

    private static SortedDictionary<string, int> States(SocketView view, IReadOnlyList<int> rows)
    {
        var states = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            ref readonly var entry = ref view.Listing.Snapshot.Sockets[row];
            if (entry.Protocol is SocketProtocol.Tcp or SocketProtocol.Mptcp)
            {
                var state = entry.State.Name();
                states[state] = states.GetValueOrDefault(state) + 1;
            }
        }

        return states;
    }

    private static IEnumerable<SocketRecord> Records(SocketView view, IEnumerable<int> rows, Caller caller)
    {
        var hidden = new HiddenArguments(caller, pid => view.Listing.Owners?.Processes.GetValueOrDefault(pid)?.UserId);
        SocketDocumentFacts facts;
        lock (view.Machine)
        {
            facts = view.Listing.FactsFor(view.Machine);
        }

        foreach (var row in rows)
        {
            // Names of users and services are read when they are first asked for.
            SocketRecord record;
            lock (view.Machine)
            {
                record = SocketRecord.Of(view.Listing.Snapshot.Sockets[row], facts);
            }

            yield return record with { Owners = hidden.In(record.Owners) };
        }
    }
}
