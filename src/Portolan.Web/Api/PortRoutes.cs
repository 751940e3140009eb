using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>Routes about ports: the overview, the table, the map of all ports, one port.</summary>
/// <param name="feed">What reads the machine.</param>
/// <param name="open">Makes the acquirers for a question of its own.</param>
/// <param name="history">What was stored of the machine.</param>
internal sealed class PortRoutes(ChartFeed feed, Func<Machine> open, StoredHistory history)
{
    /// <summary>How many rows an answer has at most.</summary>
    internal const int MostRows = 500;

    /// <summary>How many ports the overview names.</summary>
    internal const int MostExposed = 50;

    private const int UsualRows = 100;

    private static readonly Parameter[] Choice =
    [
        new("filter", "which rows, in the language of portolan list (docs/filters.md)"),
        new("sort", $"the sort column: {string.Join(", ", TableOrder.Columns)}; by default the most exposed come first"),
        new("order", "asc or desc"),
    ];

    private static readonly Parameter Soon =
        new("soon", "1: where judging takes long, the ports before it; the answer says so in judging, and an event chart follows");

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/overview", Scope.Read, "What is exposed, what needs attention, and totals.", OverviewAsync)
        { AnswerType = typeof(OverviewPage), Parameters = [Soon] },
        new("GET", "/api/ports", Scope.Read, "The ports that listen, as a table.", ListAsync)
        {
            AnswerType = typeof(PortsPage),
            Parameters =
            [
                .. Choice, new("offset", "how many rows to skip"), new("limit", $"how many rows at most: 1 to {MostRows}"), Soon,
            ],
        },
        new("GET", "/api/map", Scope.Read, "All ports of TCP and UDP as ranges: what listens, and what the firewall allows.", MapAsync)
        { AnswerType = typeof(PortMap) },
        new("GET", "/api/ports/{port}", Scope.Read, "One port: who holds it, who can reach it, what the registry says.", ShowAsync)
        { AnswerType = typeof(PortPage), Parameters = [new("protocol", "tcp, udp, sctp or dccp; all of them without it")] },
        new("GET", "/api/export/ports.csv", Scope.Read, "The table of ports as CSV (RFC 4180).", ExportCsvAsync)
        { MediaType = "text/csv", Parameters = Choice, TakesTicket = true, IsAudited = true },
        new("GET", "/api/export/ports.json", Scope.Read, "The table of ports as portolan.chart/1.", ExportJsonAsync)
        { AnswerType = typeof(ChartDocument), Parameters = Choice, TakesTicket = true, IsAudited = true },
    ];

    private async Task ListAsync(ApiExchange exchange)
    {
        var view = await ViewAsync(exchange);
        var (offset, limit) = (exchange.Number("offset", 0, 0, int.MaxValue), exchange.Number("limit", UsualRows, 1, MostRows));
        var rows = RowFilter.Apply(view, exchange.Query("filter"));
        await exchange.AnswerAsync(
            new PortsPage(
                TimeText.Rfc3339(view.TakenAt), view.Host, view.IsComplete, view.IsJudging, MissingFactRecord.Of(view.Missing),
                [.. view.Chart.Warnings.Select(static w => new CodedText(w.Code, w.Text))], view.Chart.Rows.Count, rows.Count, offset,
                [.. Records(Chosen(exchange, rows).Skip(offset).Take(limit), view, exchange.Caller)]),
            PortDocuments.Default.PortsPage);
    }

    private async Task OverviewAsync(ApiExchange exchange)
    {
        var view = await ViewAsync(exchange);
        var exposed = view.Chart.Rows.Where(static r => r.Group is ChartGroup.Reachable or ChartGroup.Limited or ChartGroup.Unknown);
        await exchange.AnswerAsync(
            new OverviewPage(
                TimeText.Rfc3339(view.TakenAt), view.Host, view.IsComplete, view.IsJudging, MissingFactRecord.Of(view.Missing),
                view.Totals, [.. Records(exposed.Take(MostExposed), view, exchange.Caller)], Attention.In(view),
                await history.ChangesAsync(exchange.Aborted)),
            PortDocuments.Default.OverviewPage);
    }

    private Task<ChartView> ViewAsync(ApiExchange exchange) =>
        exchange.Number("soon", 0, 0, 1) == 1 ? feed.GetSoonAsync(exchange.Aborted) : feed.GetAsync(exchange.Aborted);

    private async Task MapAsync(ApiExchange exchange)
    {
        var view = await feed.GetAsync(exchange.Aborted);
        var map = await Task.Run(
            () => PortMap.Of(view, protocol => feed.Allowed(view, protocol, exchange.Aborted)), exchange.Aborted);
        await exchange.AnswerAsync(map, PortDocuments.Default.PortMap);
    }

    private async Task ShowAsync(ApiExchange exchange)
    {
        var (port, protocol) = (exchange.Port(), exchange.Protocol());
        var view = await feed.GetAsync(exchange.Aborted);
        var page = await Task.Run(() => Show(port, protocol, view, exchange), exchange.Aborted);
        await exchange.AnswerAsync(page, PortDocuments.Default.PortPage);
    }

    private PortPage Show(PortNumber port, TransportProtocol? protocol, ChartView view, ApiExchange exchange)
    {
        var machine = open();
        var takenAt = machine.Clock.GetUtcNow();
        var answer = new HolderInquiry(machine).Answer(
            new PortTarget(new NamedPort(port, protocol), null, IsFound: false), exchange.Aborted);
        var hidden = new HiddenArguments(exchange.Caller, pid => UserOf(answer.Facts, pid));
        var document = HolderDocument.Of(answer, machine, takenAt, view.Host);
        var rows = view.Chart.Rows.Where(r => r.Port == port && (protocol is null || r.Protocol == protocol));
        return new PortPage(
            document with
            {
                Holders = [.. document.Holders.Select(hidden.In)],
            },
            [.. Records(rows, view, exchange.Caller)],
            RegistryDocument.Of(machine.Services, null, machine.Services.Find(port, protocol)));
    }

    private async Task ExportJsonAsync(ApiExchange exchange)
    {
        var view = await feed.GetAsync(exchange.Aborted);
        var rows = Chosen(exchange, RowFilter.Apply(view, exchange.Query("filter")));
        var whole = ChartDocument.Of(view.Chart, view.Facts, view.Missing, view.TakenAt, view.Host);
        var document = whole with { Ports = Records(rows, view, exchange.Caller) };
        await exchange.DownloadAsync(
            "ports.json", "application/json",
            stream => JsonOutput.WriteDocument(stream, document, PortDocuments.Default.ChartDocument));
    }

    private async Task ExportCsvAsync(ApiExchange exchange)
    {
        var view = await feed.GetAsync(exchange.Aborted);
        var rows = Chosen(exchange, RowFilter.Apply(view, exchange.Query("filter"))).ToList();
        await exchange.DownloadAsync("ports.csv", "text/csv; charset=utf-8", stream => PortCsv.Write(rows, view.Facts, stream));
    }

    private static IEnumerable<ChartRow> Chosen(ApiExchange exchange, IReadOnlyList<ChartRow> rows) =>
        TableOrder.Sort(rows, exchange.Query("sort"), exchange.Query("order"));

    private static IEnumerable<ChartRowRecord> Records(IEnumerable<ChartRow> rows, ChartView view, Caller caller)
    {
        var hidden = new HiddenArguments(caller, pid => UserOf(view.Facts, pid));
        return rows.Select(row => ChartRowRecord.Of(row, view.Facts)).Select(record => record with { Owners = hidden.In(record.Owners) });
    }

    private static uint? UserOf(MachineFacts facts, int pid) => facts.Processes.GetValueOrDefault(pid)?.UserId;
}
