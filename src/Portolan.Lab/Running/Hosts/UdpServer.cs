using System.Net;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Transport;
using Portolan.Transport.Ports;
using Portolan.Transport.Udp;

namespace Portolan.Lab.Running.Hosts;

/// <summary>
/// Room for the datagram that is answered and its answer: the servers of a lab have one together, for one of them runs at a time.
/// </summary>
internal sealed class DatagramRoom
{
    internal byte[] Request { get; } = new byte[ushort.MaxValue];

    internal byte[] Reply { get; } = new byte[ushort.MaxValue];
}

/// <summary>Has the services of a host answer datagrams, from the address that was asked.</summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class UdpServer : IUdpOwner
{
    private readonly VirtualHost _host;
    private readonly ServiceSpec _service;
    private readonly IDatagramService _server;
    private readonly byte[] _request;
    private readonly byte[] _reply;

    private UdpServer(VirtualHost host, ServiceSpec service, IDatagramService server, DatagramRoom room) =>
        (_host, _service, _server, _request, _reply) = (host, service, server, room.Request, room.Reply);

    /// <summary>
    /// Whether a port with a policy has a socket: its service answers datagrams, and it is named rather than one of all others.
    /// </summary>
    internal static bool HasSocket(PortPolicy policy, PortPolicies policies) =>
        !ReferenceEquals(policy, policies.DefaultUdp) && FindServer(policy) is not null;

    /// <summary>Binds the open ports of a host.</summary>
    internal static void Listen(VirtualHost host, NetworkStack stack, IPAddress any, DatagramRoom room)
    {
        foreach (var rule in host.Spec.Ports.Where(static r => r.Protocol == TransportProtocol.Udp))
        {
            if (FindServer(rule.Policy) is not { } server)
            {
                continue;
            }

            var owner = new UdpServer(host, rule.Policy.FindService()!, server, room);
            foreach (var port in rule.Ports)
            {
                stack.Layers.Udp.Bind(
                    new PortBinding(TransportProtocol.Udp, InternetAddress.From(any), port, 0), new UdpSocketOptions(), out var socket);
                if (socket is not null)
                {
                    socket.Owner = owner;
                }
            }
        }
    }

    public void OnReceived(UdpSocket socket)
    {
        while (socket.TryReceive(_request, out var arrival))
        {
            if (FindOwn(arrival) is not { } own)
            {
                continue;
            }

            var local = new IPEndPoint(own.ToIPAddress(), socket.Binding.Port.Value);
            var call =
                new ServiceCall(_host.Services!, _service, local, new IPEndPoint(arrival.Source.ToIPAddress(), arrival.SourcePort.Value));
            if (_server.TryAnswer(_request.AsSpan(0, arrival.Length), call, _reply, out var length))
            {
                Answer(socket, call, arrival.Interface, _reply.AsSpan(0, length));
            }
        }
    }

    /// <summary>
    /// The address that answers come from. Most services hear nothing that was sent to all, for then one packet would have many answers.
    /// </summary>
    private InternetAddress? FindOwn(in UdpArrival arrival)
    {
        if (arrival.Destination.IPv4Bits != uint.MaxValue || !arrival.Destination.IsIPv4)
        {
            return arrival.Destination;
        }

        return _server is IBroadcastService
            && _host.Stack.Layers.Ip.TryFindPath(InternetAddress.AnyIPv4, arrival.Destination, arrival.Interface, out var back)
            && !back.Source.IsUnspecified
            ? back.Source
            : null;
    }

    private void Answer(UdpSocket socket, ServiceCall call, int at, ReadOnlySpan<byte> reply)
    {
        var to = _server is IBroadcastService broadcasting ? broadcasting.DestinationOf(reply, call) : call.Remote;
        var layers = _host.Stack.Layers;

        // Port 0 wants no answer (RFC 768).
        if (to.Port != 0
            && layers.Ip.TryFindPath(InternetAddress.From(call.Local.Address), InternetAddress.From(to.Address), at, out var path))
        {
            layers.Udp.Send(socket, path, new PortNumber((ushort)to.Port), reply);
        }
    }

    private static IDatagramService? FindServer(PortPolicy policy) =>
        policy.FindService() is { } service && ServiceCatalogue.TryFind(service.Name, out var found) && found is not MuteService
            ? found as IDatagramService
            : null;

    public void OnError(UdpSocket socket)
    {
    }

    public void OnWritable(UdpSocket socket)
    {
    }
}
