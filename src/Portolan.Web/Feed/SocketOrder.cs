using Portolan.Sockets;
using Portolan.Web.Api;

namespace Portolan.Web.Feed;

internal static class SocketOrder
{
    /// <summary>The columns that a table may be sorted by.</summary>
    internal static readonly IReadOnlyList<string> Columns =
        ["protocol", "state", "local", "remote", "owner", "bytesReceived", "bytesSent"];

    /// <summary>Sorts positions in the table of sockets; equal ones keep the kernel's order.</summary>
    /// <param name="view">The sockets.</param>
    /// <param name="rows">Their positions.</param>
    /// <param name="column">One of <see cref="Columns"/>; <c>null</c> for the kernel's order.</param>
    /// <param name="order"><c>asc</c> or <c>desc</c>; <c>null</c> for <c>asc</c>.</param>
    /// <exception cref="ApiError">One of them is none of these.</exception>
    internal static IReadOnlyList<int> Sort(SocketView view, List<int> rows, string? column, string? order)
    {
        var isDescending = order switch
        {
            null or "asc" => false,
            "desc" => true,
            _ => throw ApiError.BadRequest("bad-parameter", "order must be asc or desc."),
        };
        var sockets = view.Listing.Snapshot.Sockets;
        return column switch
        {
            null => isDescending ? [.. Enumerable.Reverse(rows)] : rows,
            "protocol" => By(row => sockets[row].Protocol.Name()),
            "state" => By(row => sockets[row].State.Name()),
            "local" => By(row => (sockets[row].LocalPort, sockets[row].LocalAddress.Number)),
            "remote" => By(row => (sockets[row].RemotePort, sockets[row].RemoteAddress.Number)),
            "owner" => By(row => Owner(view, sockets[row])),
            "bytesReceived" => By(row => Details(sockets, row)?.BytesReceived ?? 0),
            "bytesSent" => By(row => Details(sockets, row)?.BytesSent ?? 0),
            _ => throw ApiError.BadRequest("bad-parameter", $"sort must be one of {string.Join(", ", Columns)}."),
        };

        IReadOnlyList<int> By<T>(Func<int, T> key)
        {
            var comparer = typeof(T) == typeof(string) ? (IComparer<T>)StringComparer.OrdinalIgnoreCase : Comparer<T>.Default;
            return [.. isDescending ? rows.OrderByDescending(key, comparer) : rows.OrderBy(key, comparer)];
        }
    }

    private static TcpDetails? Details(SocketTable sockets, int row) =>
        sockets[row].TcpDetailsIndex is >= 0 and var index ? sockets.TcpDetails[index] : null;

    private static string Owner(SocketView view, in SocketEntry entry)
    {
        if (view.Listing.Owners is { } owners)
        {
            foreach (var pid in owners.Map.Pids(entry.Inode))
            {
                return owners.Processes.GetValueOrDefault(pid)?.ShownName ?? "";
            }
        }

        return "";
    }
}
