using Portolan.Firewall.Changing;
using Portolan.Firewall.Connections;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets;
using Portolan.Sockets.Cutting;

namespace Portolan.Reachability.Cutting;

/// <summary>
/// Ends the connections that new rules would not let in: those of this machine's sockets with a reset; those that only pass through are
/// forgotten, so that their next packet meets the rules.
/// </summary>
/// <param name="rules">All of Portolan's rules, in the order they are asked: what an earlier one lets in is left alone.</param>
/// <param name="added">The new ones among them whose connections end.</param>
/// <param name="own">Connections that are left alone.</param>
/// <param name="host">The machine's addresses and routes: what goes to another machine is not a connection to here.</param>
/// <param name="open">Opens channels to the kernel.</param>
public sealed class ConnectionCutter(
    IReadOnlyList<OwnRule> rules, IReadOnlyList<OwnRule> added, IReadOnlyList<ChangeOrigin> own, HostFacts host,
    Func<NetlinkFamily, INetlinkChannel> open)
{
    private const SocketProtocols Kinds = SocketProtocols.Tcp | SocketProtocols.Udp;

    private readonly HashSet<InternetAddress> _addresses = [.. host.Addresses.Select(a => a.Address)];
    private readonly HashSet<int> _added = [.. added.Select(r => r.Number)];
    private readonly RouteMap _routes = new(host);
    private readonly List<EndedConnection> _ended = [];
    private readonly List<string> _problems = [];
    private int _kept;

    /// <summary>Ends them.</summary>
    /// <param name="sockets">The sockets of this namespace.</param>
    /// <param name="cancellationToken">Stops between two connections.</param>
    public ConnectionCut Run(ISocketSource sockets, CancellationToken cancellationToken)
    {
        CutSockets(sockets, cancellationToken);
        Forget(cancellationToken);
        return new ConnectionCut(_ended, _kept, _problems);
    }

    private void CutSockets(ISocketSource sockets, CancellationToken cancellationToken)
    {
        var table = sockets.Read(new SocketQuery { Protocols = Kinds }, cancellationToken).Sockets;
        var listening = Listening(table);
        using var channel = open(NetlinkFamily.SocketDiagnostics);
        var cutter = new SocketCutter(channel);
        for (var index = 0; index < table.Count; index++)
        {
            var entry = table[index];
            var protocol = entry.Protocol == SocketProtocol.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
            var connection = new EndedConnection(
                protocol, entry.RemoteAddress.Unmap(), entry.RemotePort, entry.LocalAddress.Unmap(), entry.LocalPort, IsSocket: true);
            if (!entry.HasRemote || entry.State == SocketState.TimeWait || !listening.Contains((protocol, entry.LocalPort))
                || !IsStopped(connection))
            {
                continue;
            }

            if (IsOwn(connection))
            {
                _kept++;
                continue;
            }

            var errno = cutter.Cut(in entry, cancellationToken);
            if (errno == 0)
            {
                _ended.Add(connection);
            }
            else if (errno != Errno.NoEntry)
            {
                _problems.Add($"socket connections could not be closed ({new LinuxException(errno, "SOCK_DESTROY").Message})");
                break;
            }
        }
    }

    private void Forget(CancellationToken cancellationToken)
    {
        try
        {
            using var channel = open(NetlinkFamily.Netfilter);
            var tracker = new ConnectionTracker(channel);
            foreach (var found in tracker.List(
                c => Known(c) is { } connection && _addresses.Contains(connection.Local) && IsStopped(connection), cancellationToken))
            {
                var connection = Known(found)!;
                if (IsOwn(connection))
                {
                    // The caller's socket was counted, unless a translation stands between.
                    _kept += _kept == 0 ? 1 : 0;
                }
                else if (tracker.Forget(found, cancellationToken) == 0 && !_ended.Exists(connection.IsSameAs))
                {
                    _ended.Add(connection);
                }
            }
        }
        catch (LinuxException exception)
        {
            _problems.Add($"forwarded connections could not be ended ({exception.Message})");
        }
    }

    /// <summary>Whether one of the new rules would stop it. What this machine sends to itself no rule sees.</summary>
    private bool IsStopped(EndedConnection connection) =>
        !connection.Remote.IsLoopback
        && !_addresses.Contains(connection.Remote)
        && RuleOrder.Decider(
            rules, connection.Protocol, connection.Remote, connection.Local, connection.LocalPort,
            () => InterfaceTo(connection)) is { } decider
        && _added.Contains(decider.Number);

    /// <summary>On which interface it comes in is kept nowhere; that answers leave by it is the best that is known.</summary>
    private string? InterfaceTo(EndedConnection connection)
    {
        var key = new RouteKey(connection.Remote.IsIPv4) { Sources = IntervalSet.Of(connection.Local.Number) };
        return _routes.Find(IntervalSet.Of(connection.Remote.Number), key) is [{ Outcome.Interfaces: [var index] }]
            ? host.Interface(index)?.Name
            : null;
    }

    private bool IsOwn(EndedConnection connection) => own.Any(o =>
        o.LocalPort == connection.LocalPort && o.RemotePort == connection.RemotePort && o.LocalAddress == connection.Local
            && o.RemoteAddress == connection.Remote);

    /// <summary>Ports that a program listens on: a connection of another port was made from here, with that port by chance.</summary>
    private static HashSet<(TransportProtocol Protocol, ushort Port)> Listening(SocketTable table)
    {
        var ports = new HashSet<(TransportProtocol, ushort)>();
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index].State is SocketState.Listen or SocketState.Unconnected)
            {
                ports.Add(
                    (table[index].Protocol == SocketProtocol.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp, table[index].LocalPort));
            }
        }

        return ports;
    }

    private static EndedConnection? Known(TrackedConnection tracked)
    {
        foreach (var protocol in RuleScope.Everything.Protocols)
        {
            if ((byte)protocol == tracked.Protocol)
            {
                return new EndedConnection(
                    protocol, tracked.Source, tracked.SourcePort, tracked.Destination, tracked.DestinationPort, IsSocket: false);
            }
        }

        return null;
    }
}
