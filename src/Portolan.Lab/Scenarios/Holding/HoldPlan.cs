using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Holding;

/// <summary>How the sockets of a step are made again: who listens, who connects to whom, and the state of each end.</summary>
/// <param name="Host">The host at which a command stands that names none; <c>null</c> when no host has a socket.</param>
/// <param name="Listeners">Sockets that listen and that the topology does not open.</param>
/// <param name="Datagrams">Sockets of UDP that the topology does not open.</param>
/// <param name="Connections">Connections, in the order in which they began.</param>
/// <param name="Left">Sockets that cannot be made again, as people read them.</param>
internal sealed record HoldPlan(
    string? Host, IReadOnlyList<HeldListener> Listeners, IReadOnlyList<HeldDatagram> Datagrams, IReadOnlyList<HeldConnection> Connections,
    IReadOnlyList<string> Left)
{
    /// <summary>Connections of one step; of more the first are held.</summary>
    internal const int MostConnections = 256;

    /// <summary>The hosts that take part.</summary>
    internal IEnumerable<string> Hosts => Listeners.Select(static l => l.Host)
        .Concat(Datagrams.Select(static d => d.Host))
        .Concat(Connections.SelectMany(static c => (string?[])[c.First.Host, c.Second?.Host]).OfType<string>())
        .Concat(Host is null ? [] : [Host])
        .Distinct(StringComparer.Ordinal);

    /// <summary>Whether a connection is open at both ends.</summary>
    internal bool HasConnection =>
        Connections.Any(static c => (c.First.State, c.Second?.State) is (TcpState.Established, TcpState.Established));

    /// <summary>Whether a program has a socket open: all that is left of a closed connection is TIME-WAIT, which no program has.</summary>
    internal bool HasOpen => Listeners.Count > 0
        || Connections.Any(static c => c.First.IsOpen || c.Second is { IsOpen: true });

    /// <summary>Plans a step.</summary>
    /// <param name="step">Its sockets.</param>
    /// <param name="conversations">Who began each connection.</param>
    /// <param name="topology">The lab.</param>
    internal static HoldPlan Of(StepSockets step, IReadOnlyList<PairConversation> conversations, LabTopology topology)
    {
        var hosts = topology.Hosts.Where(static h => !h.IsRange).ToDictionary(static h => h.Name, StringComparer.Ordinal);
        var sockets = step.Hosts.Where(h => hosts.ContainsKey(h.Host))
            .SelectMany(static h => h.Sockets.Select(s => (h.Host, Socket: s))).ToList();
        var own = sockets.Where(s => hosts[s.Host].PolicyOf(s.Socket.Protocol, s.Socket.LocalPort) is ClosedPort
            && s.Socket.LocalPort != PortNumber.Zero).ToList();
        var listeners = own.Where(static s => s.Socket.State == TcpState.Listen).ToList();
        var connections = ConnectionPlan.Of(
            [.. sockets.Where(static s => s.Socket is { Protocol: TransportProtocol.Tcp, RemoteAddress: not null })], conversations,
            new LabDirectory(topology), hosts.Keys);
        return new HoldPlan(
            step.Host ?? topology.Hosts.Select(static h => h.Name).FirstOrDefault(
                name => connections.Connections.Any(c => c.First.Host == name || c.Second?.Host == name)
                    || own.Any(s => s.Host == name)),
            [.. listeners.Select(s => new HeldListener(
                s.Host, Local(s.Socket), listeners.Count(o => o.Host == s.Host && Local(o.Socket).Equals(Local(s.Socket))) > 1))],
            [.. own.Where(static s => s.Socket.Protocol == TransportProtocol.Udp).Select(static s => new HeldDatagram(
                s.Host, Local(s.Socket),
                s.Socket.RemoteAddress is { } peer ? new IPEndPoint(peer.ToIPAddress(), s.Socket.RemotePort.Value) : null))],
            connections.Connections, connections.Left);
    }

    private static IPEndPoint Local(StackSocket socket) => new(socket.LocalAddress.ToIPAddress(), socket.LocalPort.Value);
}

/// <summary>A socket that listens.</summary>
/// <param name="Host">Its host.</param>
/// <param name="Local">Where.</param>
/// <param name="IsShared">Whether others of the host listen there too (SO_REUSEPORT).</param>
internal sealed record HeldListener(string Host, IPEndPoint Local, bool IsShared);

/// <summary>A socket of UDP.</summary>
/// <param name="Host">Its host.</param>
/// <param name="Local">Where it is bound.</param>
/// <param name="Remote">Its peer; <c>null</c> when it has none.</param>
internal sealed record HeldDatagram(string Host, IPEndPoint Local, IPEndPoint? Remote);

/// <param name="First">The end that began it.</param>
/// <param name="Remote">What that end connects to: where a router forwards ports, not the address of the other end.</param>
/// <param name="Second">The other end; <c>null</c> when no host of the lab answers.</param>
internal sealed record HeldConnection(HeldEnd First, IPEndPoint Remote, HeldEnd? Second);

/// <summary>An end of a connection.</summary>
/// <param name="Host">Its host.</param>
/// <param name="Local">Its address and port.</param>
/// <param name="State">Its state; <see cref="TcpState.Closed"/> when its socket is gone.</param>
internal sealed record HeldEnd(string Host, IPEndPoint Local, TcpState State)
{
    /// <summary>Whether a program has it open.</summary>
    internal bool IsOpen => State is not (TcpState.Closed or TcpState.TimeWait);
}

/// <summary>The sockets of a lab's hosts at a moment of a step: when it showed its last table, or at its end where it shows none.</summary>
/// <param name="Host">The host that the step looks at; <c>null</c> when it has shown the sockets of none.</param>
/// <param name="Hosts">The sockets of each host that has any.</param>
internal sealed record StepSockets(string? Host, IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> Hosts);
