using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Filtering;

/// <summary>Sockets of many kinds in a namespace of the test's own, and filters read against them.</summary>
internal sealed class FilterZoo : IDisposable
{
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private readonly TcpZoo _zoo = new();

    /// <summary>
    /// Opens the sockets: every TCP state in both families, IPv4 carried by IPv6, sockets bound to an interface, UDP and raw.
    /// </summary>
    internal FilterZoo()
    {
        _zoo.EveryState(IPAddress.Loopback);
        _zoo.EveryState(IPAddress.IPv6Loopback);
        var dual = _zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 1080), prepare: socket => socket.DualMode = true);
        foreach (var address in (string[])["127.0.0.1", "127.9.0.1", "127.9.128.1"])
        {
            _zoo.Listener(new IPEndPoint(IPAddress.Parse(address), 22));
            _zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).Connect(IPAddress.Parse(address), 1080);
            _zoo.Keep(dual.Accept());
        }

        _zoo.Listener(new IPEndPoint(IPAddress.Any, 443), prepare: BindToLoopback);
        _zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 8080), prepare: BindToLoopback);
        foreach (var (any, loopback) in new[] { (IPAddress.Any, IPAddress.Loopback), (IPAddress.IPv6Any, IPAddress.IPv6Loopback) })
        {
            var server = _zoo.Keep(new Socket(any.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
            server.Bind(new IPEndPoint(any, 53));
            _zoo.Keep(new Socket(any.AddressFamily, SocketType.Dgram, ProtocolType.Udp)).Connect(loopback, 53);
        }

        _zoo.Keep(NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Raw, 89));
    }

    /// <summary>Names as the program looks them up.</summary>
    internal static FilterNames Names { get; } =
        MachineFilterNames.Of(
            static () => ServiceRegistry.BuiltIn,
            static () => new UserNames(),
            MachineFilterNames.ReadInterfaces,
            static () => FilterNames.DefaultEphemeralPorts,
            allNamespaces: false);

    /// <summary>All the sockets.</summary>
    internal static SocketSnapshot Read(SocketQuery query)
    {
        var snapshot = new KernelSocketSource().Read(query, CancellationToken.None);
        Assert.Empty(snapshot.Missing);
        return snapshot;
    }

    /// <summary>The entries of a snapshot that pass, each as one line.</summary>
    internal static List<string> Rows(SocketSnapshot snapshot, Func<SocketEntry, bool> passes)
    {
        var rows = new List<string>();
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            if (passes(snapshot.Sockets[i]))
            {
                rows.Add($"{snapshot.Sockets[i].Protocol} {SsRow.From(snapshot, snapshot.Sockets[i])}");
            }
        }

        return rows;
    }

    /// <summary>A random filter that speaks of the sockets there are.</summary>
    internal static string RandomFilter(SocketTable sockets, Random random, int depth, bool kernelOnly)
    {
        if (depth == 0 || random.Next(3) == 0)
        {
            return RandomCondition(sockets[random.Next(sockets.Count)], random, kernelOnly);
        }

        var left = RandomFilter(sockets, random, depth - 1, kernelOnly);
        return random.Next(3) switch
        {
            0 => $"not ({left})",
            1 => $"({left}) and ({RandomFilter(sockets, random, depth - 1, kernelOnly)})",
            _ => $"({left}) or ({RandomFilter(sockets, random, depth - 1, kernelOnly)})",
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _zoo.Dispose();

    private static string RandomCondition(in SocketEntry entry, Random random, bool kernelOnly)
    {
        var sign = ((string[])["=", "!=", "<", "<=", ">", ">="])[random.Next(6)];
        var port = entry.LocalPort.ToString(CultureInfo.InvariantCulture);
        var remotePort = entry.RemotePort.ToString(CultureInfo.InvariantCulture);
        return random.Next(kernelOnly ? 8 : 16) switch
        {
            0 => $"sport {sign} :{port}",
            1 => $"dport {sign} :{remotePort}",
            2 => $"sport {port},22,443-1080",
            3 => $"src {Prefix(entry.LocalAddress, random)}",
            4 => $"dst {Prefix(entry.RemoteAddress, random)}",
            5 => $"dst {Bracketed(entry.RemoteAddress)}:{remotePort}",
            6 => entry.IsIPv6 ? "family ipv6" : "family ipv4",
            7 => random.Next(2) == 0 ? "dev lo" : "not dev = lo",
            8 => $"port {sign} {remotePort}",
            9 => $"state {entry.State.Name()}",
            10 => $"address {Prefix(entry.LocalAddress, random)}",
            11 => $"protocol {entry.Protocol.Name()}",
            12 => $"user {entry.UserId}",
            13 => $"recvq {sign} {entry.ReceiveQueue}",
            14 => "service ssh,socks,domain",
            _ => random.Next(2) == 0 ? "autobound" : "process nginx",
        };
    }

    private static string Prefix(InternetAddress address, Random random) => $"{address}/{random.Next(address.BitCount + 1)}";

    private static string Bracketed(InternetAddress address) => address.IsIPv4 ? address.ToString() : $"[{address}]";

    private static void BindToLoopback(Socket socket) => socket.SetRawSocketOption(SocketLevel, BindToDevice, "lo\0"u8);
}
