using System.Net;
using System.Net.Sockets;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Acquire;
using Portolan.Traffic;
using Portolan.Traffic.Counting;

namespace Portolan.Kernel.Tests.Traffic;

/// <summary>A counter in the test's own network namespace, and connections whose bytes the test knows.</summary>
internal sealed class TrafficBench : IDisposable
{
    private readonly TrafficCounter _counter;

    private TrafficBench(TrafficCounter counter) => _counter = counter;

    /// <summary>The last reading.</summary>
    public TrafficReading Reading { get; private set; } = null!;

    /// <summary>Begins to count in the namespace of this thread; skips where the kernel does not let it.</summary>
    public static TrafficBench Open(TrafficMethod method, Func<CancellationToken, DialledDestinations?>? readTranslated = null)
    {
        try
        {
            var options = new TrafficOptions
            {
                Sockets = new KernelSocketSource(),
                Method = method,
                ReadTranslated = readTranslated ?? (static _ => null),
            };
            return new TrafficBench(TrafficCounter.Open(options, CancellationToken.None).Counter);
        }
        catch (LinuxException exception) when (exception.Errno is Errno.NotPermitted or Errno.AccessDenied or Errno.NoEntry
            && !exception.Message.Contains("verifier", StringComparison.Ordinal))
        {
            Assert.Skip($"this kernel does not let it count: {exception.Message}");
            throw;
        }
    }

    /// <summary>Looks.</summary>
    public void Look() => Reading = _counter.Read(CancellationToken.None);

    /// <summary>The flows of a port of this host that peers dialled.</summary>
    public IReadOnlyList<TrafficFlow> Served(int port, SocketProtocol protocol = SocketProtocol.Tcp) =>
        [.. Reading.Flows.Where(f => f.Role == FlowRole.Server && f.LocalPort == port && f.Protocol == protocol)];

    /// <summary>The flows that dialled a port.</summary>
    public IReadOnlyList<TrafficFlow> Dialled(int port, SocketProtocol protocol = SocketProtocol.Tcp) =>
        [.. Reading.Flows.Where(f => f.Role == FlowRole.Client && f.RemotePort == port && f.Protocol == protocol)];

    /// <summary>The bytes of flows.</summary>
    public static (ulong In, ulong Out) Sum(IEnumerable<TrafficFlow> flows) => flows.Aggregate(
        (In: 0UL, Out: 0UL), static (sum, flow) => (sum.In + flow.BytesIn!.Value, sum.Out + flow.BytesOut!.Value));

    /// <summary>A listener on loopback.</summary>
    public static Socket Listen(bool isIPv6 = false)
    {
        var address = isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(512);
        return listener;
    }

    /// <summary>The port that a socket is bound to.</summary>
    public static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Connects to a listener.</summary>
    public static (Socket Client, Socket Server) Connect(Socket listener)
    {
        var client = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }

    /// <summary>One short connection: a request, an answer, and both ends closed.</summary>
    public static void Exchange(Socket listener, int request, int answer)
    {
        var (client, server) = Connect(listener);
        using (client)
        using (server)
        {
            client.Send(new byte[request]);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(request, ReadToEnd(server));
            server.Send(new byte[answer]);
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal(answer, ReadToEnd(client));
        }
    }

    /// <summary>Reads until the other end closed.</summary>
    public static int ReadToEnd(Socket socket)
    {
        var buffer = new byte[65_536];
        var total = 0;
        while (socket.Receive(buffer) is > 0 and var count)
        {
            total += count;
        }

        return total;
    }

    /// <summary>Reads so many bytes.</summary>
    public static void ReadExactly(Socket socket, int bytes)
    {
        var buffer = new byte[65_536];
        while (bytes > 0)
        {
            var count = socket.Receive(buffer, Math.Min(bytes, buffer.Length), System.Net.Sockets.SocketFlags.None);
            Assert.True(count > 0, "the other end closed early");
            bytes -= count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _counter.Dispose();
}
