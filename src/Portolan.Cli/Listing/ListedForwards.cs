using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>
/// Ports that the kernel forwards for <c>portolan forward --kernel</c>: they are no sockets, and who looks for what listens wants to see
/// them.
/// </summary>
internal static class ListedForwards
{
    private const uint Inode = 1;

    private static readonly TableColumn[] Columns = [
        new("PROTO"), new("FORWARDED BY THE KERNEL"), new("TO"), new("ONLY FROM"), new("OWNER")];

    /// <summary>Those that fit what is asked for, as a listener on the same port would.</summary>
    public static ForwardSurvey Find(
        ListRequest request, SocketQuery query, SocketFilter filter, CommandContext context, CancellationToken cancellationToken)
    {
        if (request.Lab || request.Format is ListFormat.Netstat or ListFormat.Csv || (query.States & (1u << (int)SocketState.Listen)) == 0
            || (query.Protocols & (SocketProtocols.Tcp | SocketProtocols.Udp)) == SocketProtocols.None)
        {
            return new ForwardSurvey([], null);
        }

        var survey = ForwardSurvey.OfPortolan(context.Machine, cancellationToken);
        return survey.Forwards is { Count: > 0 } all ? survey with { Forwards = all.Where(f => Fits(f, query, filter)).ToList() } : survey;
    }

    /// <summary>Writes them below the sockets.</summary>
    public static void Write(Utf8Writer output, IReadOnlyList<PortForward> forwards, bool color)
    {
        if (forwards.Count > 0)
        {
            output.WriteLine();
            TextTable.Write(output, Columns, new Cells(forwards), color, null);
        }
    }

    private static bool Fits(PortForward forward, SocketQuery query, SocketFilter filter)
    {
        var isTcp = forward.Protocol == TransportProtocol.Tcp;
        if ((query.Protocols & (isTcp ? SocketProtocols.Tcp : SocketProtocols.Udp)) == SocketProtocols.None
            || !((query.IPv4 && forward.TakesIPv4) || (query.IPv6 && forward.TakesIPv6)))
        {
            return false;
        }

        var entry = new SocketEntry
        {
            Protocol = isTcp ? SocketProtocol.Tcp : SocketProtocol.Udp,
            State = isTcp ? SocketState.Listen : SocketState.Unconnected,
            LocalAddress = forward.Address ?? InternetAddress.AnyIPv6,
            LocalPort = forward.Port.Value,
            Inode = Inode,
            Flags = forward.Address is null ? SocketFlags.DualStack | SocketFlags.V6OnlyKnown : SocketFlags.None,
            TcpDetailsIndex = -1,
            MemoryIndex = -1,
            UnixIndex = -1,
        };
        return filter.Syntax is null || filter.Judge(entry, new FilterContext
        {
            Owners = new OwnerMap(
                [.. forward.Processes.Select(static _ => Inode)], [.. forward.Processes.Select(static p => p.Pid).Order()], "netlink", 0),
            Process = pid => forward.Processes.FirstOrDefault(p => p.Pid == pid),
        }) == FilterResult.Yes;
    }

    private readonly struct Cells(IReadOnlyList<PortForward> forwards) : ITableRows
    {
        public int Count => forwards.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            var forward = forwards[row];
            cell.WriteEscaped(column switch
            {
                0 => forward.Protocol.Name(),
                1 => forward.Listen,
                2 => forward.Targets.Count == 0 ? "no target that is up" : string.Join(", ", forward.Targets),
                3 => forward.Sources.Count == 0 ? "" : string.Join(", ", forward.Sources),
                _ => ForwardFacts.Holder(forward),
            });
            return AnsiStyle.None;
        }
    }
}
