using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.StackScenarios;

/// <summary>A host with IP and TCP, and one link.</summary>
internal sealed class StackHost : IDisposable
{
    private readonly HostLinks _links;

    internal StackHost(ulong seed, IPacketLink link, params string[] addresses)
    {
        Pool = new PacketPool(new PacketPoolOptions());
        // Limits on errors and on half-open connections would measure themselves.
        Ip = new IpHost(new IpHostOptions { Seed = seed, IcmpLimits = new IcmpLimits { PerSecond = 0, PerSecondToOne = 0 } }, Pool);
        var ports = new PortTable(new LinuxBindRules(), new EphemeralRange(new PortRange(new(1024), new(65535)), new PortSet()), seed);
        Tcp = new TcpLayer(Ip, Pool, ports, new TcpLayerOptions { Seed = seed, MemoryLimit = 8L << 30 });
        Ip.Register(IpProtocol.Tcp, Tcp);
        _links = new HostLinks(Ip);
        At = _links.Attach(link, new IpInterfaceOptions { Name = "wire", LinkLocal = LinkLocalChoice.None });
        foreach (var address in addresses)
        {
            Ip.AddAddress(At, Address(address), 15, skipsDetection: true);
        }
    }

    internal PacketPool Pool { get; }

    internal IpHost Ip { get; }

    internal TcpLayer Tcp { get; }

    internal IpInterface At { get; }

    internal Instant NextDeadline => _links.NextDeadline;

    internal static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException($"{text} is no address", nameof(text));

    internal int Step(Instant now) => _links.Step(now);

    internal void Listen(ITcpHandler? handler, int backlog = 1 << 22)
    {
        if (!Tcp.TryListen(
            new TcpListenRequest(InternetAddress.AnyIPv4, new PortNumber(80), Backlog: backlog), out var listener, out var result))
        {
            throw new InvalidOperationException(result.ToString());
        }

        listener.Ready = ready =>
        {
            while (ready.TryAccept(out var connection))
            {
                connection.Handler = handler;
            }
        };
    }

    internal TcpConnection Connect(string to, ITcpHandler? handler, Instant now, string? from = null) =>
        Connect(Address(to), handler, now, from is null ? default : Address(from));

    internal TcpConnection Connect(InternetAddress to, ITcpHandler? handler, Instant now, InternetAddress from = default)
    {
        Ip.AdvanceTo(now);
        var result = Tcp.Connect(new TcpConnectRequest(to, new PortNumber(80), from), now);
        var connection = result.Connection ?? throw new InvalidOperationException($"{result.Error} {result.Bind}");
        connection.Handler = handler;
        Ip.Flush();
        return connection;
    }

    public void Dispose() => _links.Dispose();
}
