using Portolan.Model.Documents;
using Portolan.Sockets.Binding;
using Portolan.Watch.Documents;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>Routes about what was seen earlier.</summary>
/// <param name="history">What is stored of this machine.</param>
internal sealed class HistoryRoutes(StoredHistory history)
{
    private const int UsualRows = 100;

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/history", Scope.Read, "What changed on this machine, as it was stored, as a table.", ListAsync)
        {
            AnswerType = typeof(HistoryPage),
            Parameters =
            [
                .. HistoryChoice.Parameters, new("offset", "how many rows to skip"),
                new("limit", $"how many rows at most: 1 to {PortRoutes.MostRows}"),
            ],
        },
        new("GET", "/api/export/history.csv", Scope.Read, "The stored changes as CSV (RFC 4180).", ExportCsvAsync)
        { MediaType = "text/csv", Parameters = HistoryChoice.Parameters, TakesTicket = true, IsAudited = true },
        new("GET", "/api/export/history.json", Scope.Read, "The stored changes as portolan.history/1.", ExportJsonAsync)
        { AnswerType = typeof(HistoryDocument), Parameters = HistoryChoice.Parameters, TakesTicket = true, IsAudited = true },
        new(
            "GET", "/api/ports/{port}/history", Scope.Read,
            $"The last {StoredHistory.MostOfPort} changes of a port that were stored, as portolan.history/1.", ShowAsync)
        { AnswerType = typeof(HistoryDocument), Parameters = [new("protocol", "tcp, udp, sctp or dccp; all of them without it")] },
    ];

    private async Task ListAsync(ApiExchange exchange)
    {
        var choice = Choice(exchange);
        var (offset, limit) = (exchange.Number("offset", 0, 0, int.MaxValue), exchange.Number("limit", UsualRows, 1, PortRoutes.MostRows));
        var page = await Task.Run(() => history.Page(choice, offset, limit), exchange.Aborted);
        await exchange.AnswerAsync(page, HistoryDocuments.Default.HistoryPage);
    }

    private async Task ShowAsync(ApiExchange exchange)
    {
        var port = new NamedPort(exchange.Port(), exchange.Protocol());
        var document = await Task.Run(() => history.OfPort(port), exchange.Aborted);
        await exchange.AnswerAsync(document, WatchDocuments.Default.HistoryDocument);
    }

    private async Task ExportCsvAsync(ApiExchange exchange)
    {
        using var export = await ExportAsync(exchange);
        await exchange.DownloadAsync(
            "history.csv", "text/csv; charset=utf-8", stream => ChangeRowCsv.Write(export.Changes.Select(ChangeRow.Of), stream));
    }

    private async Task ExportJsonAsync(ApiExchange exchange)
    {
        using var export = await ExportAsync(exchange);
        var document = export.ToDocument(history.Clock.GetUtcNow());
        await exchange.DownloadAsync(
            "history.json", "application/json",
            stream => JsonOutput.WriteDocument(stream, document, WatchDocuments.Default.HistoryDocument));
    }

    private Task<HistoryExport> ExportAsync(ApiExchange exchange)
    {
        var choice = Choice(exchange);
        return Task.Run(() => history.Export(choice), exchange.Aborted);
    }

    private HistoryChoice Choice(ApiExchange exchange) => HistoryChoice.Read(exchange, history.Machine, history.Clock);
}
