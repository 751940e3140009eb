using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Transport;

namespace Portolan.TunScenarios.Connecting;

/// <summary>
/// Somebody who accepts connections to many destinations and closes each when its peer has; with the client's host beside it.
/// </summary>
internal abstract class ConnectServer : IDisposable
{
    /// <summary>The host of the client. All destinations are routed out of it.</summary>
    internal LabHost Client { get; } = new();

    /// <summary>Where the client may connect to.</summary>
    internal abstract IReadOnlyList<IPEndPoint> Destinations { get; }

    /// <summary>Processor time of the server so far, when that is a process of its own.</summary>
    internal virtual TimeSpan Processor => TimeSpan.Zero;

    /// <summary>The part of it that was not the kernel's; <c>null</c> when the server is no process of its own.</summary>
    internal virtual TimeSpan? OwnProcessor => null;

    public virtual void Dispose() => Client.Dispose();

    /// <summary>64 addresses, one port.</summary>
    protected static IPEndPoint[] ManyAddresses() =>
        [.. Enumerable.Range(0, 64).Select(static i => new IPEndPoint(new IPAddress([198, 18, 64, (byte)i]), 80))];
}

/// <summary>The kernel in a namespace of its own, behind a virtual cable, served by one thread.</summary>
internal sealed class KernelConnectServer : ConnectServer
{
    private const int SOCK_NONBLOCK = 0x800;

    private readonly LabHost _server = new();
    private readonly Task _serving;
    private volatile bool _isOver;

    internal KernelConnectServer()
    {
        LabHost.Connect(Client, "left", _server, "right");
        Client.Address("left", "198.18.7.1/24");
        _server.Address("right", "198.18.7.2/24");
        _server.Ip("route add local 198.18.64.0/26 dev lo");
        Client.Ip("route add 198.18.64.0/26 via 198.18.7.2");
        var listening = new TaskCompletionSource();
        _serving = KernelEnd.OnThread(() => _server.Run(() => Serve(listening)));
        listening.Task.Wait();
    }

    internal override IReadOnlyList<IPEndPoint> Destinations { get; } = ManyAddresses();

    public override void Dispose()
    {
        _isOver = true;
        _serving.Wait();
        _server.Dispose();
        base.Dispose();
    }

    private unsafe void Serve(TaskCompletionSource listening)
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        using var epoll = new Epoll();
        socket.Bind(new IPEndPoint(IPAddress.Any, 80));
        socket.Listen(4096);
        socket.Blocking = false;
        var listener = (int)socket.Handle;
        epoll.Add(listener, Epoll.Readable);
        listening.SetResult();
        byte nothing;
        while (!_isOver)
        {
            for (int i = 0, count = epoll.Wait(100); i < count; i++)
            {
                var (descriptor, _) = epoll[i];
                if (descriptor == listener)
                {
                    Accept(epoll, listener);
                }
                else if (Epoll.read(descriptor, &nothing, 1) == 0)
                {
                    Epoll.close(descriptor);
                }
            }
        }
    }

    private static unsafe void Accept(Epoll epoll, int listener)
    {
        int descriptor;
        byte nothing;
        while ((descriptor = Epoll.accept4(listener, null, null, SOCK_NONBLOCK)) >= 0)
        {
            if (Epoll.read(descriptor, &nothing, 1) == 0)
            {
                Epoll.close(descriptor);
            }
            else
            {
                epoll.Add(descriptor, Epoll.Readable);
            }
        }
    }
}

/// <summary>The userspace stack behind a TUN device.</summary>
internal sealed class StackConnectServer : ConnectServer
{
    private readonly NetworkStack _stack;
    private readonly TcpAcceptor[] _acceptors;

    /// <summary>Begins to serve.</summary>
    /// <param name="runsInline">Whether its readers run on the stack's own thread.</param>
    internal StackConnectServer(bool runsInline)
    {
        // Checksums are left to the other end, as veth does.
        var link = Client.Run(() => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = true }));
        Client.Ip("link set tun0 up");
        Client.Address("tun0", "198.18.7.1/24");
        _stack = new NetworkStack(new NetworkStackOptions { Name = "tun", RunsContinuationsInline = runsInline });
        var at = _stack.Attach(link, "198.18.7.2/24");
        Client.Ip("route add 198.18.64.0/26 via 198.18.7.2");
        _stack.AddPrefix(at, "198.18.64.0/26");
        _acceptors = [.. Destinations.Select(static d => d.Port).Distinct().Select(
            port => _stack.ListenTcp(new IPEndPoint(IPAddress.Any, port), new TcpListenOptions { Backlog = 4096 }))];
        foreach (var acceptor in _acceptors)
        {
            _ = AcceptAsync(acceptor);
        }
    }

    internal override IReadOnlyList<IPEndPoint> Destinations { get; } = ManyAddresses();

    internal StackStatistics Statistics => _stack.GetStatistics();

    public override void Dispose()
    {
        Array.ForEach(_acceptors, static a => a.Dispose());
        _stack.Dispose();
        base.Dispose();
    }

    internal static async Task AcceptAsync(TcpAcceptor acceptor)
    {
        await foreach (var stream in acceptor.AcceptAllAsync())
        {
            _ = ServeAsync(stream);
        }
    }

    private static async Task ServeAsync(TcpStream stream)
    {
        await using (stream)
        {
            if (await stream.ReadAsync(new byte[1]) != 0)
            {
                throw new InvalidOperationException("a client sent something");
            }
        }
    }
}
