using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Firewall.Forwarding;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Namespaces;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Forwarding;

/// <summary>
/// A client at 192.0.2.2 and 2001:db8:1::2, a gateway between (192.0.2.1 and 2001:db8:1::1 on <c>front0</c>, 198.18.0.1 and 2001:db8:2::1
/// on <c>back0</c>), and a target at 198.18.0.2, 198.18.0.3 and 2001:db8:2::2. The gateway is no router.
/// </summary>
internal sealed class ForwardLab : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly List<Socket> _listeners = [];

    private ForwardLab()
    {
        LabHost.Connect(Client, "eth0", Gateway, "front0");
        LabHost.Connect(Gateway, "back0", Target, "eth0");
        foreach (var (host, name, prefixes) in new (LabHost, string, string[])[]
        {
            (Client, "eth0", ["192.0.2.2/24", "2001:db8:1::2/64"]),
            (Gateway, "front0", ["192.0.2.1/24", "2001:db8:1::1/64"]),
            (Gateway, "back0", ["198.18.0.1/24", "2001:db8:2::1/64"]),
            (Target, "eth0", ["198.18.0.2/24", "198.18.0.3/24", "2001:db8:2::2/64"]),
        })
        {
            foreach (var prefix in prefixes)
            {
                host.Address(name, prefix);
            }
        }

        Gateway.Setting("net/ipv4/ip_forward", "0");
    }

    public LabHost Client { get; } = new();

    public LabHost Gateway { get; } = new();

    public LabHost Target { get; } = new();

    /// <summary>Skips the test where namespaces are not allowed.</summary>
    public static ForwardLab Create()
    {
        Tool.Find("ip");
        Tool.Find("nft");
        try
        {
            return new ForwardLab();
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
            throw;
        }
    }

    /// <summary>A forward of all addresses.</summary>
    public static KernelForward Forward(int port, params string[] targets) => new(TransportProtocol.Tcp, new PortNumber((ushort)port))
    {
        Targets = [.. targets.Select(IPEndPoint.Parse).Select(
            e => new KernelTarget(InternetAddress.From(e.Address), new PortNumber((ushort)e.Port)))],
    };

    /// <summary>Opens forwards on the gateway.</summary>
    public OpenForwards Open(params KernelForward[] forwards) =>
        new(Gateway, Gateway.Run(() => ForwardSession.Open(forwards, Needs(forwards))));

    /// <summary>What forwards need on the gateway.</summary>
    public static ForwardNeeds Needs(params KernelForward[] forwards) =>
        ForwardNeeds.Of(forwards, a => a.ToString() is "192.0.2.1" or "198.18.0.1" or "2001:db8:1::1" or "2001:db8:2::1");

    /// <summary>Serves a port of a host: each connection is told the server's name and whom it saw, then echoed to.</summary>
    public void Serve(LabHost host, string address, string name)
    {
        var end = IPEndPoint.Parse(address);
        var listener = host.Run(() =>
        {
            var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(end);
            socket.Listen(64);
            return socket;
        });
        _listeners.Add(listener);
        var thread = new Thread(() =>
        {
            try
            {
                while (true)
                {
                    var client = listener.Accept();
                    new Thread(() => Talk(client, name)) { IsBackground = true }.Start();
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The lab is over.
            }
        })
        { IsBackground = true };
        thread.Start();
    }

    /// <summary>Connects from a host and returns what the server said, or the error's name.</summary>
    public static string Ask(LabHost from, string address, string? local = null)
    {
        using var socket = from.Run(() =>
        {
            var end = IPEndPoint.Parse(address);
            var client = new Socket(
                end.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            { ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds };
            if (local is not null)
            {
                client.Bind(IPEndPoint.Parse(local));
            }

            return client;
        });
        try
        {
            if (!TryConnect(socket, IPEndPoint.Parse(address)))
            {
                return "silence";
            }

            var buffer = new byte[256];
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
    }

    /// <summary>Without the pool of threads: what waits for it is no silence of the network.</summary>
    private static bool TryConnect(Socket socket, IPEndPoint end)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(end);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Writable when it connects; an error without that when an ICMP error ends it.
            List<Socket> writable = [socket], failed = [socket];
            Socket.Select(null, writable, failed, (int)Patience.TotalMicroseconds);
            if (writable.Count + failed.Count == 0)
            {
                return false;
            }

            var error = (SocketError)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }
        }

        socket.Blocking = true;
        return true;
    }

    /// <summary>A setting of the gateway.</summary>
    public string Setting(string name) => Gateway.Run(() => File.ReadAllText("/proc/sys/" + name).Trim());

    /// <summary>All settings that forwards may touch, as text to compare.</summary>
    public string Settings() => Gateway.Run(() => string.Join('\n', new[] { "net/ipv4/conf", "net/ipv6/conf" }
        .SelectMany(folder => Directory.EnumerateDirectories("/proc/sys/" + folder).Order(StringComparer.Ordinal))
        .SelectMany(
            folder =>
                new[] { "forwarding", "force_forwarding", "route_localnet", "accept_ra", "accept_redirects", "rp_filter" }.Select(
                    name => Path.Combine(folder, name)))
        .Where(File.Exists)
        .Select(path => $"{path} {File.ReadAllText(path).Trim()}")));

    /// <summary>The gateway's rules.</summary>
    public string Rules() => Gateway.Tool("nft", null, "list", "ruleset");

    public void Dispose()
    {
        _listeners.ForEach(l => l.Dispose());
        Client.Dispose();
        Gateway.Dispose();
        Target.Dispose();
    }

    private static void Talk(Socket client, string name)
    {
        try
        {
            using (client)
            {
                client.Send(Encoding.ASCII.GetBytes($"{name} saw {((IPEndPoint)client.RemoteEndPoint!).Address}"));
                var buffer = new byte[4096];
                while (client.Receive(buffer) is var count and > 0)
                {
                    client.Send(buffer, count, SocketFlags.None);
                }
            }
        }
        catch (SocketException)
        {
            // The client has gone.
        }
    }
}

/// <summary>Forwards that are ended where they were opened: on the gateway.</summary>
internal sealed class OpenForwards(LabHost gateway, ForwardSession session) : IDisposable
{
    public KernelForwards Rules => session.Rules;

    public ForwardSession Session => session;

    public void Dispose() => gateway.Run(session.Dispose);
}
