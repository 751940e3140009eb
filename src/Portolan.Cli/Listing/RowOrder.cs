using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Puts rows in order.</summary>
internal static class RowOrder
{
    /// <summary>
    /// Up to this many rows a table on a terminal is sorted by itself; beyond, sorting would cost more than it helps a reader.
    /// </summary>
    public const int MostRowsSortedByItself = 5000;

    /// <summary>Sorts by protocol, then the local port, then the local end, then the remote end.</summary>
    public static SocketRows ByDefault(SocketRows rows, SocketTable sockets)
    {
        var order = rows.Positions();
        Array.Sort(order, (left, right) =>
        {
            ref readonly var a = ref sockets[left];
            ref readonly var b = ref sockets[right];
            var result = a.Protocol.CompareTo(b.Protocol);
            result = result != 0 ? result : a.LocalPort.CompareTo(b.LocalPort);
            result = result != 0 ? result : a.LocalAddress.CompareTo(b.LocalAddress);
            result = result != 0 ? result : a.HasRemote.CompareTo(b.HasRemote);
            result = result != 0 ? result : a.RemoteAddress.CompareTo(b.RemoteAddress);
            result = result != 0 ? result : a.RemotePort.CompareTo(b.RemotePort);
            return result != 0 ? result : left.CompareTo(right);
        });
        return new SocketRows(order.Length, order);
    }

    /// <summary>Sorts by columns, the first one first; rows that are equal in all of them keep their order.</summary>
    public static SocketRows By(SocketRows rows, SocketTable sockets, IReadOnlyList<(Column Column, bool Descending)> keys)
    {
        var order = rows.Positions();
        var scratch = new Utf8Writer();
        Array.Sort(order, (left, right) =>
        {
            foreach (var (column, isDescending) in keys)
            {
                var result = column.Compare(sockets[left], sockets[right], scratch);
                if (result != 0)
                {
                    return isDescending ? -result : result;
                }
            }

            return left.CompareTo(right);
        });
        return new SocketRows(order.Length, order);
    }
}
