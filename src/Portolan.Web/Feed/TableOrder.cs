using Portolan.Sockets.Chart;
using Portolan.Web.Api;

namespace Portolan.Web.Feed;

/// <summary>Orders of rows.</summary>
internal static class TableOrder
{
    /// <summary>The columns that a table may be sorted by.</summary>
    internal static readonly IReadOnlyList<string> Columns =
        ["port", "protocol", "bind", "owner", "service", "exposure", "reach", "connections", "bytesIn", "bytesOut"];

    /// <summary>Sorts rows; equal ones keep the order of the chart.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="column">One of <see cref="Columns"/>; <c>null</c> for the order of the chart.</param>
    /// <param name="order"><c>asc</c> or <c>desc</c>; <c>null</c> for <c>asc</c>.</param>
    /// <exception cref="ApiError">One of them is none of these.</exception>
    internal static IEnumerable<ChartRow> Sort(IReadOnlyList<ChartRow> rows, string? column, string? order)
    {
        var isDescending = order switch
        {
            null or "asc" => false,
            "desc" => true,
            _ => throw ApiError.BadRequest("bad-parameter", "order must be asc or desc."),
        };
        return column switch
        {
            null => isDescending ? rows.Reverse() : rows,
            "port" => By(static r => r.Port.Value),
            "protocol" => By(static r => r.Protocol.Name()),
            "bind" => By(static r => r.Binds.Count == 0 ? "" : r.Binds[0].Address.ToString()),
            "owner" => By(static r => r.Owner.InSentence),
            "service" => By(static r => r.Running?.Label ?? r.Service ?? ""),
            "exposure" => By(static r => (int)r.Group),
            "reach" => By(static r => r.Verdict.Summary),
            "connections" => By(static r => r.Connections),
            "bytesIn" => By(static r => r.BytesIn ?? 0),
            "bytesOut" => By(static r => r.BytesOut ?? 0),
            _ => throw ApiError.BadRequest("bad-parameter", $"sort must be one of {string.Join(", ", Columns)}."),
        };

        IEnumerable<ChartRow> By<T>(Func<ChartRow, T> key)
        {
            var comparer = typeof(T) == typeof(string) ? (IComparer<T>)StringComparer.OrdinalIgnoreCase : Comparer<T>.Default;
            return isDescending ? rows.OrderByDescending(key, comparer) : rows.OrderBy(key, comparer);
        }
    }
}
