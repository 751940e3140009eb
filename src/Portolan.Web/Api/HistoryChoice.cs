using Portolan.Sockets.Binding;
using Portolan.Store.Tables;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;

namespace Portolan.Web.Api;

/// <summary>Which changes of this machine are asked for, and in which order.</summary>
/// <param name="Question">Which.</param>
/// <param name="Order">By what they are sorted.</param>
/// <param name="IsDescending">Whether the highest or latest comes first.</param>
internal sealed record HistoryChoice(HistoryQuestion Question, ChangeOrder Order, bool IsDescending)
{
    private static readonly (string Name, ChangeOrder Order)[] Orders =
        [("at", ChangeOrder.Time), ("port", ChangeOrder.Port), ("protocol", ChangeOrder.Protocol), ("change", ChangeOrder.Kind)];

    /// <summary>The parameters that it is read from.</summary>
    internal static readonly IReadOnlyList<Parameter> Parameters =
    [
        new("port", "only this port, e.g. 443 or 53/udp"),
        new("change", $"these changes only, with commas between: {string.Join(", ", ChangeKinds.All.Select(static k => k.Name()))}"),
        new("since", "found since a moment: today, yesterday, 2h, 90d, 2026-11-20, 2026-11-20T03:00"),
        new("sort", $"the sort column: {Columns} (default: latest first)"),
        new("order", "asc or desc"),
    ];

    private static string Columns => string.Join(", ", Orders.Select(static o => o.Name));

    /// <param name="exchange">The request.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="ApiError">A parameter is wrong.</exception>
    /// <exception cref="PortolanException"><c>since</c> is no time.</exception>
    internal static HistoryChoice Read(ApiExchange exchange, string machine, TimeProvider clock)
    {
        var sort = exchange.Query("sort");
        var order = Array.FindIndex(Orders, o => o.Name == (sort ?? "at"));
        if (order < 0)
        {
            throw ApiError.BadRequest("bad-parameter", $"sort must be one of {Columns}.");
        }

        return new HistoryChoice(
            new HistoryQuestion
            {
                Machine = machine,
                Port = exchange.Query("port") is { } port ? PortOf(port) : null,
                Kinds = exchange.Query("change") is { } kinds ? [.. kinds.Split(',').Select(KindOf)] : null,
                Since = exchange.Query("since") is { } since
                    ? Moment.Parse(since, clock.GetUtcNow(), clock.LocalTimeZone, "since").Start
                    : null,
            },
            Orders[order].Order,
            exchange.Query("order") switch
            {
                null => sort is null,
                "asc" => false,
                "desc" => true,
                _ => throw ApiError.BadRequest("bad-parameter", "order must be asc or desc."),
            });
    }

    private static NamedPort PortOf(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return PortNumber.TryParse(slash < 0 ? text : text[..slash], out var port)
            ? new NamedPort(port, slash < 0 ? null : ApiExchange.ReadProtocol(text[(slash + 1)..]))
            : throw ApiError.BadRequest("bad-parameter", "port must be a number from 0 to 65535, with its protocol or without: 53/udp.");
    }

    private static ChangeKind KindOf(string word) => ChangeKinds.TryParse(word.Trim(), out var kind)
        ? kind
        : throw ApiError.BadRequest(
            "bad-parameter", $"change must be of {string.Join(", ", ChangeKinds.All.Select(static k => k.Name()))}.");
}
