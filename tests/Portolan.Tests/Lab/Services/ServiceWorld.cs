using System.Collections.Concurrent;
using System.Net;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Services;

/// <summary>Services on stacks of the network in memory, or on one that a test brings: accepted and called as a lab does.</summary>
internal sealed class ServiceWorld : IAsyncDisposable
{
    internal const string ServerAddress = "198.18.0.1";
    internal const string ServerAddress6 = "2001:db8::1";

    private readonly MemoryNetwork? _network;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly ConcurrentDictionary<Task, bool> _talks = new();

    internal ServiceWorld()
    {
        _network = new MemoryNetwork();
        Server = AddHost("server", ServerAddress + "/16", ServerAddress6 + "/64");
        Client = _network.AddStack("client", "198.18.0.9/16", "2001:db8::9/64");
    }

    /// <summary>Over a stack of the caller's, which it disposes.</summary>
    internal ServiceWorld(NetworkStack server, params string[] addresses)
    {
        Client = null!;
        Server = MakeHost("server", server, addresses);
    }

    internal TestDirectory Directory { get; } = new();

    internal SharedServices Shared { get; } = new() { Began = DateTimeOffset.UnixEpoch };

    internal LabAuthority Authority => field ??= new LabAuthority(Directory);

    internal ServiceHost Server { get; }

    internal NetworkStack Client { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal ServiceHost AddHost(string name, params string[] addresses)
    {
        var stack = _network!.AddStack(new NetworkStackOptions { Name = name, RunsContinuationsInline = true }, addresses);
        return MakeHost(name, stack, addresses);
    }

    /// <summary>Lets a host serve on a port, over TCP and UDP where the service speaks them.</summary>
    internal void Serve(string service, int port, params (string Name, string Value)[] settings) => Serve(Server, service, port, settings);

    internal void Serve(ServiceHost host, string service, int port, params (string Name, string Value)[] settings)
    {
        Assert.True(ServiceCatalogue.TryFind(service, out var found), $"there is no service {service}");
        foreach (var (name, value) in settings)
        {
            var setting = Assert.Single(found.Settings, s => s.Name == name);
            Assert.Null(setting.Check?.Invoke(value));
        }

        Directory.Offers.Add((host.Name, service));
        var spec = new ServiceSpec(service, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal));
        if (found is IStreamService streams)
        {
            _ = AcceptAsync(host, streams, spec, host.Stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, port)));
        }

        if (found is IDatagramService datagrams)
        {
            _ = ReceiveAsync(host, datagrams, spec, host.Stack.BindUdp(new IPEndPoint(IPAddress.IPv6Any, port)), port);
        }

        if (found is IStartingService starting)
        {
            Track(starting.StartAsync(host, spec, _end.Token));
        }
    }

    internal async Task<TestTalk> ConnectAsync(int port, string address = ServerAddress) =>
        new(await Client.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(address), port), Cancellation));

    /// <summary>Sends a datagram and gives the answer; <c>null</c> when none comes.</summary>
    internal async Task<byte[]?> AskAsync(int port, byte[] request, string address = ServerAddress, int patienceMilliseconds = 5000)
    {
        using var endpoint = Client.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        await endpoint.SendAsync(request, new IPEndPoint(IPAddress.Parse(address), port), Cancellation);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        late.CancelAfter(patienceMilliseconds);
        var buffer = new byte[65536];
        try
        {
            var received = await endpoint.ReceiveAsync(buffer, late.Token);
            return buffer[..received.Length];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Waits until every talk has ended, and fails when one threw.</summary>
    internal async Task AllTalksEndAsync()
    {
        for (var i = 0; i < 6000 && !_talks.IsEmpty; i++)
        {
            await Task.Delay(10, Cancellation);
        }

        Assert.Empty(_talks);
        Assert.Empty(_failures);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Shared.DisposeAsync();
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _end.Dispose();
        Assert.Empty(_failures);
    }

    private ServiceHost MakeHost(string name, NetworkStack stack, string[] addresses)
    {
        foreach (var address in addresses)
        {
            Directory.Names.Add((name, InternetAddress.From(IPAddress.Parse(address.Split('/')[0]))));
        }

        return new ServiceHost
        {
            Name = name,
            Time = TimeProvider.System,
            Stack = stack,
            Directory = Directory,
            Certificates = Authority,
            Seed = 7,
            Shared = Shared,
        };
    }

    private async Task AcceptAsync(ServiceHost host, IStreamService service, ServiceSpec spec, TcpAcceptor acceptor)
    {
        await foreach (var stream in acceptor.AcceptAllAsync(CancellationToken.None))
        {
            Track(TalkAsync(host, service, spec, stream));
        }
    }

    private async Task TalkAsync(ServiceHost host, IStreamService service, ServiceSpec spec, TcpStream stream)
    {
        await using (stream)
        {
            await service.ServeAsync(stream, new ServiceCall(host, spec, stream.LocalEndPoint, stream.RemoteEndPoint), _end.Token);
        }
    }

    private async Task ReceiveAsync(ServiceHost host, IDatagramService service, ServiceSpec spec, UdpEndpoint endpoint, int port)
    {
        var (request, reply) = (new byte[65536], new byte[65507]);
        try
        {
            while (true)
            {
                var received = await endpoint.ReceiveAsync(request, CancellationToken.None);
                var call = new ServiceCall(host, spec, new IPEndPoint(received.LocalAddress, port), received.RemoteEndPoint);
                if (service.TryAnswer(request.AsSpan(0, received.Length), call, reply, out var length))
                {
                    await endpoint.SendAsync(reply.AsMemory(0, length), received.RemoteEndPoint, CancellationToken.None);
                }
            }
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The stack was disposed.
        }
        catch (Exception exception)
        {
            _failures.Enqueue(exception);
        }
    }

    private void Track(Task talk)
    {
        _talks[talk] = true;
        _ = EndAsync(talk);
    }

    private async Task EndAsync(Task talk)
    {
        try
        {
            await talk;
        }
        catch (Exception exception) when (!_end.IsCancellationRequested)
        {
            _failures.Enqueue(exception);
        }
        catch (OperationCanceledException)
        {
            // The world ends.
        }

        _talks.TryRemove(talk, out _);
    }
}
