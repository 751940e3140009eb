// Every run is bounded by the time of its world.
#pragma warning disable xUnit1051
using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Testing;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>The same seed makes the same packets: what runs twice makes one capture, byte for byte; another seed makes another.</summary>
public sealed class SameSeedTests
{
    private const int Length = 30_000;

    private static readonly ulong[] Seeds = [1, 2, 3, 7, 1000, ulong.MaxValue];

    private static readonly FaultProfile Faults = new()
    {
        Loss = 0.03,
        Duplication = 0.02,
        Reordering = 0.02,
        Corruption = 0.01,
        Delay = TimeSpan.FromMilliseconds(10),
        Jitter = TimeSpan.FromMilliseconds(3),
    };

    [Theory]
    [InlineData(LinkLayer.Ethernet)]
    [InlineData(LinkLayer.Ip)]
    public void A_world_repeats_byte_for_byte(LinkLayer layer) => AssertRepeats(seed => RunWorld(seed, layer));

    [Trait("Quick", "no")]
    [Fact]
    public Task A_lab_repeats_byte_for_byte() => AssertRepeatsAsync(RunLabAsync);

    private static void AssertRepeats(Func<ulong, byte[]> run)
    {
        var captures = new HashSet<string>(StringComparer.Ordinal);
        foreach (var seed in Seeds)
        {
            var first = run(seed);
            Assert.NotEmpty(first);
            Assert.Equal(first, run(seed));
            Assert.True(captures.Add(Convert.ToHexString(first)), $"seed {seed} makes the packets of another seed");
        }
    }

    private static async Task AssertRepeatsAsync(Func<ulong, Task<byte[]>> run)
    {
        var captures = new Dictionary<ulong, Queue<byte[]>>();
        foreach (var seed in Seeds)
        {
            captures[seed] = new Queue<byte[]>([await run(seed), await run(seed)]);
        }

        AssertRepeats(seed => captures[seed].Dequeue());
    }

    private static byte[] RunWorld(ulong seed, LinkLayer layer)
    {
        using var capture = new MemoryStream();
        using var world = new SimWorld(seed, new SimOptions { Capture = capture });
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server, layer);
        cable.SetFaults(Faults);
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        world.RunApplication(() => TalkAsync(client.Stack, server.Stack, world.Clock), TimeSpan.FromHours(1));
        return [.. BitConverter.GetBytes(world.Trace), .. capture.ToArray()];
    }

    /// <summary>Kestrel serves the web server of the lab, on threads of its own.</summary>
    private static async Task<byte[]> RunLabAsync(ulong seed)
    {
        using var capture = new MemoryStream();
        await using (var lab = TestLab.FromYaml("""
            name: pair
            networks: { net: { prefix: 198.18.0.0/24, latency: 10ms, jitter: 3ms, loss: 3% } }
            hosts:
              server: { address: 198.18.0.1, ports: [http] }
              client: 198.18.0.2
            """, new TestLabOptions { Seed = seed, Capture = capture }))
        {
            lab.Run(() => Task.WhenAll(
                TalkAsync(lab["client"], lab["server"], lab.Time), GetAsync(lab["client"]), GetAsync(lab["client"])));
        }

        return capture.ToArray();
    }

    private static async Task GetAsync(NetworkStack client)
    {
        await using var stream = await client.ConnectTcpAsync("server", 80);
        await stream.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        Assert.True(await stream.ReadAsync(new byte[Length]) > 0);
    }

    /// <summary>Two connections with an echo each, and datagrams of which each that gets lost is sent again.</summary>
    private static async Task TalkAsync(NetworkStack client, NetworkStack server, TimeProvider clock)
    {
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var serving = Task.WhenAll(EchoAsync(acceptor), EchoAsync(acceptor));
        await Task.WhenAll(SendAsync(client), SendAsync(client), AskAsync(client, server, clock));
        await serving;
    }

    private static async Task EchoAsync(TcpAcceptor acceptor)
    {
        await using var stream = await acceptor.AcceptAsync();
        await stream.CopyToAsync(stream);
    }

    private static async Task SendAsync(NetworkStack client)
    {
        await using var stream = await client.ConnectTcpAsync("server", 7);
        var writing = stream.WriteAsync(new byte[Length]).AsTask();
        await stream.ReadExactlyAsync(new byte[Length]);
        await writing;
    }

    private static async Task AskAsync(NetworkStack client, NetworkStack server, TimeProvider clock)
    {
        var service = server.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        using var asker = client.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var answering = AnswerAsync(service);
        for (byte question = 0; question < 20; question++)
        {
            await AskOnceAsync(asker, question, clock);
        }

        service.Dispose();
        await answering;
    }

    private static async Task AskOnceAsync(UdpEndpoint asker, byte question, TimeProvider clock)
    {
        var answer = new byte[100];
        while (true)
        {
            await asker.SendAsync(new[] { question }, new IPEndPoint(IPAddress.Parse("198.18.0.1"), 53));
            using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), clock);
            try
            {
                do
                {
                    await asker.ReceiveAsync(answer, timeout.Token);
                }
                while (answer[0] != question);

                return;
            }
            catch (OperationCanceledException)
            {
                // The question or its answer was lost.
            }
        }
    }

    private static async Task AnswerAsync(UdpEndpoint service)
    {
        var buffer = new byte[100];
        try
        {
            while (true)
            {
                var question = await service.ReceiveAsync(buffer);
                await service.SendAsync(buffer.AsMemory(0, question.Length), question.RemoteEndPoint);
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.OperationAborted)
        {
            // All questions are answered.
        }
    }
}
