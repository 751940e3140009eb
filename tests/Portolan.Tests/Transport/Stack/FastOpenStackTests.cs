using System.Net;
using System.Net.Sockets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>Fast Open as programs use it.</summary>
public sealed class FastOpenStackTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(5000)]
    [InlineData(300_000)]
    public async Task First_bytes_are_the_first_of_the_stream_whatever_their_number(int length)
    {
        await using var network = new MemoryNetwork(new MemoryNetworkOptions { Seed = 3 });
        var server = network.AddStack("server", "198.18.0.1/24");
        var client = network.AddStack("client", "198.18.0.2/24");
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 80), new TcpListenOptions { FastOpenQueue = 4 });
        var first = ScriptedPeer.Bytes(length);
        var expected = new byte[length + 3];
        first.CopyTo(expected, 0);
        "end"u8.CopyTo(expected.AsSpan(length));
        var outcomes = new List<TcpFastOpenOutcome>();
        for (var i = 0; i < 3; i++)
        {
            var accepting = acceptor.AcceptAsync(Cancellation);
            var connecting = client.ConnectTcpAsync(new DnsEndPoint("server", 80), first, Cancellation);
            await using var accepted = await accepting;
            var reading = ReadAll(accepted);
            await using var stream = await connecting;
            await stream.WriteAsync("end"u8.ToArray(), Cancellation);
            stream.ShutdownWrite();
            Assert.Equal(expected, await reading);
            outcomes.Add((await stream.GetInfoAsync()).FastOpen);
        }

        var second = length == 0 ? TcpFastOpenOutcome.NoText : TcpFastOpenOutcome.Accepted;
        Assert.Equal([TcpFastOpenOutcome.NoCookie, second, second], outcomes);
        Assert.Equal((length == 0 ? 0 : 2, 2), (client.GetStatistics().FastOpenActive, server.GetStatistics().FastOpenPassive));
    }

    [Fact]
    public void A_question_and_its_answer_take_one_round_trip_of_virtual_time_and_not_two()
    {
        // An application that gets no processor while time stands still for it would be late.
        using var world = new SimWorld(seed: 11, new SimOptions { Keying = FaultKeying.Flow, Settle = TimeSpan.FromMilliseconds(25) });
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        cable.SetFaults(new FaultProfile { Delay = TimeSpan.FromSeconds(1) });
        var took = new List<double>();
        world.RunApplication(TalkAsync(), within: TimeSpan.FromMinutes(5));

        // The first finds the neighbour too. It has no cookie: SYN and SYN-ACK, question and answer.
        // Never less than the round trips, and less than another one more.
        Assert.Equal([3, 1, 1, 2], took.Select(static seconds => Math.Floor(Math.Round(seconds, 1) / 2)));

        async Task TalkAsync()
        {
            using var acceptor = server.Stack.ListenTcp(new IPEndPoint(IPAddress.Any, 80), new TcpListenOptions { FastOpenQueue = 4 });
            var serving = ServeAsync(acceptor);
            for (var i = 0; i < 4; i++)
            {
                var begun = world.Clock.GetTimestamp();
                var endPoint = new IPEndPoint(IPAddress.Parse("198.18.0.1"), 80);
                await using var stream = i < 3
                    ? await client.Stack.ConnectTcpAsync(endPoint, "ask"u8.ToArray(), Cancellation)
                    : await client.Stack.ConnectTcpAsync(endPoint, Cancellation);
                if (i == 3)
                {
                    await stream.WriteAsync("ask"u8.ToArray(), Cancellation);
                }

                var answer = new byte[3];
                await stream.ReadExactlyAsync(answer, Cancellation);
                took.Add(world.Clock.GetElapsedTime(begun).TotalSeconds);
            }

            acceptor.Dispose();
            await serving;
        }

        static async Task ServeAsync(TcpAcceptor acceptor)
        {
            await foreach (var stream in acceptor.AcceptAllAsync(Cancellation))
            {
                await using (stream)
                {
                    var question = new byte[3];
                    await stream.ReadExactlyAsync(question, Cancellation);
                    await stream.WriteAsync("yes"u8.ToArray(), Cancellation);
                }
            }
        }
    }

    [Fact]
    public async Task Errors_are_those_of_any_connection()
    {
        await using var network = new MemoryNetwork(new MemoryNetworkOptions { Seed = 4 });
        var server = network.AddStack("server", "198.18.0.1/24");
        var client = network.AddStack("client", "198.18.0.2/24");
        var first = new byte[100_000];
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => client.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.0.1"), 9), first, Cancellation));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.ConnectTcpAsync(new UnixDomainSocketEndPoint("/none"), first, Cancellation));
        using var silent = server.ListenTcp(new IPEndPoint(IPAddress.Any, 80), new TcpListenOptions
        {
            FastOpenQueue = 4,
            Admission = static (in TcpRequest _) => TcpDecision.Silence,
        });
        using var soon = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.0.1"), 80), first, soon.Token));
        for (var i = 0; i < 500 && client.GetStatistics().Connections > 0; i++)
        {
            await Task.Delay(10, Cancellation);
        }

        Assert.Equal((0, 0L), (client.GetStatistics().Connections, client.GetStatistics().MemoryInUse));
    }

    private static async Task<byte[]> ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Cancellation);
        return all.ToArray();
    }
}
