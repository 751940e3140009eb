using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Packets.Links;
using Portolan.Transport;

namespace Portolan.TunScenarios;

/// <summary>A host beside a fault link: it has a link for the relay, and takes or sends one stream.</summary>
internal abstract class LossEnd : IDisposable
{
    internal const int Port = 80;

    /// <summary>The relay's end of its link.</summary>
    internal abstract IPacketLink Link { get; }

    internal abstract Task Receive(Meter meter);

    internal abstract Task Send(string to, long bytes);

    public abstract void Dispose();
}

/// <summary>The kernel's TCP in a namespace of its own, with CUBIC; its link is a TUN device without offload.</summary>
internal sealed class KernelLossEnd : LossEnd
{
    private readonly LabHost _host = new();
    private readonly TunLink _link;
    private readonly Socket _listener;

    internal KernelLossEnd(string address)
    {
        _link = _host.Run(static () => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = false }));
        _host.Ip("link set tun0 up txqueuelen 10000");
        _host.Address("tun0", $"{address}/24");
        _listener = KernelEnd.Listen(_host, address, Port);
    }

    internal override IPacketLink Link => _link;

    internal override async Task Receive(Meter meter)
    {
        using var socket = await _listener.AcceptAsync();
        await KernelEnd.Receive(socket, meter);
    }

    internal override async Task Send(string to, long bytes)
    {
        using var socket = KernelEnd.Connect(_host, new IPEndPoint(IPAddress.Parse(to), Port));
        await KernelEnd.Send(socket, bytes);

        // Until the peer has closed too: all has arrived.
        while (await socket.ReceiveAsync(new byte[1]) > 0)
        {
        }
    }

    public override void Dispose()
    {
        _listener.Dispose();
        _link.Dispose();
        _host.Dispose();
    }
}

/// <summary>
/// The userspace stack on a TUN device; the kernel of the namespace passes its packets on to the device of the relay, so that relays wait
/// for all ends in the same way.
/// </summary>
internal sealed class StackLossEnd : LossEnd
{
    private readonly LabHost _host = new();
    private readonly TunLink _link;
    private readonly NetworkStack _stack;
    private readonly TcpAcceptor _acceptor;

    internal StackLossEnd(string address)
    {
        _host.Setting("net/ipv4/ip_forward", "1");
        _link = _host.Run(static () => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = false }));
        var own = _host.Run(static () => TunLink.Open(new TunOptions { Name = "tun1", UsesOffload = false }));
        _host.Ip("link set tun0 up txqueuelen 10000");
        _host.Ip("link set tun1 up txqueuelen 10000");
        _host.Ip("route add 198.18.6.0/24 dev tun0");
        _host.Ip($"route add {address}/32 dev tun1");
        _stack = new NetworkStack(new NetworkStackOptions { Name = address });
        _stack.Attach(own, $"{address}/24");
        _acceptor = _stack.ListenTcp(new IPEndPoint(IPAddress.Parse(address), Port));
    }

    internal override IPacketLink Link => _link;

    internal override async Task Receive(Meter meter)
    {
        await using var stream = await _acceptor.AcceptAsync();
        await StackEnd.Receive(stream, meter);
    }

    internal override async Task Send(string to, long bytes)
    {
        await using var stream = await _stack.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(to), Port));
        await StackEnd.Send(stream, bytes);
        while (await stream.ReadAsync(new byte[1]) > 0)
        {
        }
    }

    public override void Dispose()
    {
        _acceptor.Dispose();
        _stack.Dispose();
        _link.Dispose();
        _host.Dispose();
    }
}
