using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;

namespace Portolan.Web.Feed;

/// <summary>Chooses rows of the chart in the language of <c>portolan list</c>: a row is meant when one of its sockets is.</summary>
internal static class RowFilter
{
    // A forward by rules has no socket: it is judged as a listener that has an inode.
    private const uint ForwardInode = 1;

    /// <summary>The rows that are meant.</summary>
    /// <param name="view">The reading.</param>
    /// <param name="text">The filter, as <c>portolan list</c> takes it; <c>null</c> for all rows.</param>
    /// <exception cref="PortolanException">The filter is wrong; the message shows where.</exception>
    internal static IReadOnlyList<ChartRow> Apply(ChartView view, string? text)
    {
        if (text is null)
        {
            return view.Chart.Rows;
        }

        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var names = view.FilterNames();
        var filter = SocketFilter.Parse(ListShorthand.Expand(words, () => names, out _) ?? words, names);
        var facts = view.Facts;
        var context = new FilterContext
        {
            Snapshot = facts.Snapshot,
            Owners = facts.Owners,
            Process = pid => facts.Processes.GetValueOrDefault(pid),
            InterfaceName = facts.Snapshot.Interfaces.Find,
        };
        var found = new HashSet<(int, TransportProtocol, ushort)>();
        for (var i = 0; i < facts.Snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref facts.Snapshot.Sockets[i];
            if (MachineFacts.IsListener(entry) && filter.Judge(entry, context) == FilterResult.Yes)
            {
                found.Add((entry.NamespaceIndex, ProtocolOf(entry.Protocol), entry.LocalPort));
            }
        }

        return [.. view.Chart.Rows.Where(row => found.Contains((row.NamespaceIndex, row.Protocol, row.Port.Value))
            || (row.Forward is { } forward && filter.Judge(EntryOf(forward), context) == FilterResult.Yes))];
    }

    private static TransportProtocol ProtocolOf(SocketProtocol protocol) => protocol switch
    {
        SocketProtocol.Udp => TransportProtocol.Udp,
        SocketProtocol.UdpLite => TransportProtocol.UdpLite,
        SocketProtocol.Sctp => TransportProtocol.Sctp,
        SocketProtocol.Dccp => TransportProtocol.Dccp,
        _ => TransportProtocol.Tcp,
    };

    private static SocketEntry EntryOf(PortForward forward)
    {
        var isTcp = forward.Protocol == TransportProtocol.Tcp;
        return new SocketEntry
        {
            Protocol = isTcp ? SocketProtocol.Tcp : SocketProtocol.Udp,
            State = isTcp ? SocketState.Listen : SocketState.Unconnected,
            LocalAddress = forward.Address ?? InternetAddress.AnyIPv6,
            LocalPort = forward.Port.Value,
            Inode = ForwardInode,
            Flags = forward.Address is null ? SocketFlags.DualStack | SocketFlags.V6OnlyKnown : SocketFlags.None,
            TcpDetailsIndex = -1,
            MemoryIndex = -1,
            UnixIndex = -1,
        };
    }
}
