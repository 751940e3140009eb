using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Grouping;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>Routes about traffic. Rows name programs, and never the arguments that they were started with.</summary>
/// <param name="feed">What counts it.</param>
/// <param name="services">The registry of services.</param>
internal sealed class TrafficRoutes(TrafficFeed feed, ServiceRegistry services)
{
    /// <summary>What rows may be.</summary>
    internal static readonly IReadOnlyList<string> Groupings = ["port", "process", "unit", "container", "user", "remote", "interface"];

    private const int UsualRows = 50;

    private const int UsualRates = 60;

    private static readonly Parameter[] Choice =
    [
        new("by", $"what rows are: {string.Join(", ", Groupings)}; port without it"),
        new("filter", "of which sockets, in the language of portolan list (docs/filters.md)"),
    ];

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "GET", "/api/traffic", Scope.Read,
            "Bytes in a second and in all since a page began to look: rows, and the ways from programs over ports to addresses.", ListAsync)
        {
            AnswerType = typeof(TrafficPage),
            Parameters =
            [
                .. Choice, new("limit", $"how many rows at most: 1 to {PortRoutes.MostRows}"),
                new("rates", $"how many of the last rates of the first {TrafficWatch.RatedRows} rows: 0 to {RateRing<string>.Kept}"),
            ],
        },
        new("GET", "/api/export/traffic.csv", Scope.Read, "The rows of traffic as CSV (RFC 4180).", ExportCsvAsync)
        { MediaType = "text/csv", Parameters = Choice, TakesTicket = true, IsAudited = true },
        new("GET", "/api/export/traffic.json", Scope.Read, "The rows of traffic and their ways, as the page has them.", ExportJsonAsync)
        { AnswerType = typeof(TrafficPage), Parameters = Choice, TakesTicket = true, IsAudited = true },
    ];

    private async Task ListAsync(ApiExchange exchange)
    {
        var question = Question(exchange);
        var limit = exchange.Number("limit", UsualRows, 1, PortRoutes.MostRows);
        var last = exchange.Number("rates", UsualRates, 0, RateRing<string>.Kept);
        var view = await feed.GetAsync(question, last, exchange.Aborted);
        await exchange.AnswerAsync(Page(question, view, limit), TrafficDocuments.Default.TrafficPage);
    }

    private async Task ExportJsonAsync(ApiExchange exchange)
    {
        var question = Question(exchange);
        var page = Page(question, await feed.GetRatedAsync(question, exchange.Aborted), int.MaxValue);
        await exchange.DownloadAsync(
            "traffic.json", "application/json",
            stream => JsonOutput.WriteDocument(stream, page, TrafficDocuments.Default.TrafficPage));
    }

    private async Task ExportCsvAsync(ApiExchange exchange)
    {
        var question = Question(exchange);
        var page = Page(question, await feed.GetRatedAsync(question, exchange.Aborted), int.MaxValue);
        await exchange.DownloadAsync("traffic.csv", "text/csv; charset=utf-8", stream => TrafficCsv.Write(page.Rows, stream));
    }

    private static TrafficQuestion Question(ApiExchange exchange)
    {
        var by = exchange.Query("by") ?? TrafficGrouping.Port.Word();
        return Groupings.Contains(by, StringComparer.Ordinal) && TrafficGroupings.TryParse(by, out var grouping)
            ? new TrafficQuestion(grouping, exchange.Query("filter"))
            : throw ApiError.BadRequest(
                "bad-parameter", $"by must be one of {string.Join(", ", Groupings)}.",
                "For single connections run on the server: portolan traffic --by connection");
    }

    private TrafficPage Page(TrafficQuestion question, TrafficView view, int limit)
    {
        var losses = view.Summary.Losses;
        return new TrafficPage(
            TimeText.Rfc3339(view.TakenAt), Environment.MachineName, view.Missing.Count == 0, MissingFactRecord.Of(view.Missing),
            TimeText.Rfc3339(view.BeganAt), Math.Round(view.Summary.Elapsed.TotalSeconds, 3), view.Look, TrafficFacts.Method(view.Method),
            question.Grouping.Word(), question.Filter,
            new TrafficLostRecord(losses.Calls, losses.Overruns, losses.Unreported, losses.Connections), view.Rows.Count, view.Times,
            [.. view.Rows.Take(limit).Select(row => Row(row, view))], TrafficLinks.Of(view.Paths, services));
    }

    private TrafficRowRecord Row(RatedRow rated, TrafficView view)
    {
        var (row, key) = (rated.Row, rated.Row.Key);
        var protocol = key.Protocol?.Name();
        var role = TrafficFacts.Role(key.Role);
        var name = string.Join(
            ' ', new[] { protocol, key.Port?.ToString(), role, key.ProcessId?.ToString(System.Globalization.CultureInfo.InvariantCulture),
                key.Name, key.RemoteAddress?.ToString() }.OfType<string>());
        return new TrafficRowRecord(
            name, protocol, key.Port?.Value, role, TrafficFacts.Service(services, key), key.Name, key.ProcessId,
            key.RemoteAddress?.ToString(), row.Owners, Whole(rated.InPerSecond), Whole(rated.OutPerSecond), Mean(row.BytesIn),
            Mean(row.BytesOut), row.BytesIn, row.BytesOut, row.Connections,
            view.Rates.TryGetValue(key, out var rates) ? [.. rates.Select(Whole)] : []);

        double? Mean(ulong? bytes) =>
            bytes is { } count && view.Look > 1 ? Whole(count / view.Summary.Elapsed.TotalSeconds) : null;
    }

    private static double? Whole(double? rate) => rate is { } value ? Math.Round(value) : null;
}
