using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Cutting;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets;
using Portolan.Sockets.Cutting;

namespace Portolan.Reachability.Cutting;

/// <summary>Ends the connections that rules would not let in any more: those of this machine's sockets with a reset; those that only pass through are forgotten, so that their next packet meets the rules.</summary>
/// <param name="Sockets">How many sockets were ended.</param>
/// <param name="Tracked">How many tracked connections were forgotten.</param>
/// <param name="Kept">How many were left because they may be the caller's own.</param>
/// <param name="Problems">What did not work, as sentences without a full stop.</param>
public sealed record ConnectionCut(int Sockets, int Tracked, int Kept, IReadOnlyList<string> Problems)
{
    private const SocketProtocols Kinds = SocketProtocols.Tcp | SocketProtocols.Udp;

    /// <summary>Ends them.</summary>
    /// <param name="scopes">What the rules are about.</param>
    /// <param name="own">Connections that are left alone.</param>
    /// <param name="addresses">The addresses of this machine: what goes to another one is no connection to here.</param>
    /// <param name="sockets">The sockets of this namespace.</param>
    /// <param name="open">Opens channels to the kernel.</param>
    /// <param name="cancellationToken">Stops between two connections.</param>
    public static ConnectionCut Run(
        IReadOnlyList<RuleScope> scopes,
        IReadOnlyList<ChangeOrigin> own,
        IReadOnlySet<InternetAddress> addresses,
        ISocketSource sockets,
        Func<NetlinkFamily, INetlinkChannel> open,
        CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var (cut, kept) = CutSockets(scopes, own, sockets, open, problems, cancellationToken);
        var tracked = Forget(scopes, own, addresses, open, problems, cancellationToken);
        return new ConnectionCut(cut, tracked, kept, problems);
    }

    private static (int Cut, int Kept) CutSockets(
        IReadOnlyList<RuleScope> scopes, IReadOnlyList<ChangeOrigin> own, ISocketSource sockets, Func<NetlinkFamily, INetlinkChannel> open, List<string> problems, CancellationToken cancellationToken)
    {
        var table = sockets.Read(new SocketQuery { Protocols = Kinds }, cancellationToken).Sockets;
        var listening = Listening(table);
        var (cut, kept) = (0, 0);
        using var channel = open(NetlinkFamily.SocketDiagnostics);
        var cutter = new SocketCutter(channel);
        for (var index = 0; index < table.Count; index++)
        {
            var entry = table[index];
            var protocol = entry.Protocol == SocketProtocol.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
            if (!entry.HasRemote || entry.State == SocketState.TimeWait || entry.RemoteAddress.IsLoopback
                || !listening.Contains((protocol, entry.LocalPort))
                || !scopes.Any(s => IsIn(s, protocol, entry.RemoteAddress, entry.LocalAddress, entry.LocalPort)))
            {
                continue;
            }

            if (own.Any(o => IsSame(o, entry.LocalAddress, entry.LocalPort, entry.RemoteAddress, entry.RemotePort)))
            {
                kept++;
                continue;
            }

            var errno = cutter.Cut(in entry, cancellationToken);
            cut += errno == 0 ? 1 : 0;
            if (errno is not 0 and not Errno.NoEntry)
            {
                problems.Add($"connections of sockets could not be ended ({new LinuxException(errno, "SOCK_DESTROY").Message})");
                break;
            }
        }

        return (cut, kept);
    }

    private static int Forget(
        IReadOnlyList<RuleScope> scopes,
        IReadOnlyList<ChangeOrigin> own,
        IReadOnlySet<InternetAddress> addresses,
        Func<NetlinkFamily, INetlinkChannel> open,
        List<string> problems,
        CancellationToken cancellationToken)
    {
        try
        {
            using var channel = open(NetlinkFamily.Netfilter);
            var tracker = new ConnectionTracker(channel);
            var found = tracker.List(
                c => ProtocolOf(c.Protocol) is { } protocol
                    && !c.Source.IsLoopback
                    && addresses.Contains(c.Destination)
                    && scopes.Any(s => IsIn(s, protocol, c.Source, c.Destination, c.DestinationPort))
                    && !own.Any(o => IsSame(o, c.Destination, c.DestinationPort, c.Source, c.SourcePort)),
                cancellationToken);
            return found.Count(c => tracker.Forget(c, cancellationToken) == 0);
        }
        catch (LinuxException exception)
        {
            problems.Add($"connections that pass through could not be ended ({exception.Message})");
            return 0;
        }
    }

    /// <summary>Ports that somebody listens on: a connection of another port was made from here, with that port by chance.</summary>
    private static HashSet<(TransportProtocol Protocol, ushort Port)> Listening(SocketTable table)
    {
        var ports = new HashSet<(TransportProtocol, ushort)>();
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index].State is SocketState.Listen or SocketState.Unconnected)
            {
                ports.Add((table[index].Protocol == SocketProtocol.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp, table[index].LocalPort));
            }
        }

        return ports;
    }

    private static bool IsIn(RuleScope scope, TransportProtocol protocol, InternetAddress remote, InternetAddress local, ushort port) =>
        scope.Protocols.Contains(protocol) && scope.Ports.Contains(new PortNumber(port)) && scope.From.Contains(remote) && scope.To.Contains(local);

    private static bool IsSame(ChangeOrigin origin, InternetAddress local, ushort localPort, InternetAddress remote, ushort remotePort) =>
        origin.LocalPort == localPort && origin.RemotePort == remotePort && origin.LocalAddress == local.Unmap() && origin.RemoteAddress == remote.Unmap();

    private static TransportProtocol? ProtocolOf(byte number)
    {
        foreach (var protocol in RuleScope.Everything.Protocols)
        {
            if (ProtocolNumbers.Of(protocol) == number)
            {
                return protocol;
            }
        }

        return null;
    }
}
