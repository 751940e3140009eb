using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Model;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>What the relay's threads allocate.</summary>
public sealed class RelayMemoryTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(200_000)]
    public void Moving_the_bytes_of_a_stream_allocates_nothing(int size) => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        var data = RelayStreamTests.Bytes(1, size);
        var seen = new byte[size];
        AssertNothing(relay, () =>
        {
            client.Send(data);
            for (var count = 0; count < size;)
            {
                count += client.Receive(seen.AsSpan(count)) is var more and > 0
                    ? more
                    : throw new InvalidOperationException($"it ended after {count} bytes");
            }
        });
        Assert.Equal(data, seen);
    });

    [Fact]
    public void Connections_one_after_the_other_allocate_nothing() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, threads: 1);
        AssertNothing(relay, () =>
        {
            using var client = relay.Connect();
            client.Send([1]);
            client.Receive(new byte[1]);
            client.Shutdown(SocketShutdown.Send);
            client.Receive(new byte[1]);
        });
    });

    [Fact]
    public void Moving_datagrams_allocates_nothing() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var relay = new Relay("0/udp", $"127.0.0.1:{((IPEndPoint)target.LocalEndPoint!).Port}", new ForwardOptions());
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        client.Connect(relay.Address);
        var buffer = new byte[1000];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        AssertNothing(relay, () =>
        {
            client.Send(buffer.AsSpan(0, 512));
            target.ReceiveFrom(buffer, ref from);
            target.SendTo(buffer.AsSpan(0, 300), from);
            client.Receive(buffer);
        });
    });

    /// <summary>The fewest bytes of a few runs: what the runtime does now and then on its own is none of ours.</summary>
    private static void AssertNothing(Relay relay, Action step)
    {
        var least = long.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var before = Allocated(relay);
            for (var i = 0; i < 200; i++)
            {
                step();
            }

            least = Math.Min(least, Allocated(relay) - before);
        }

        Assert.Equal(0, least);
    }

    private static long Allocated(Relay relay)
    {
        var total = 0L;
        foreach (var worker in relay.Engine.Workers)
        {
            using var done = new ManualResetEventSlim();
            worker.Ask(_ =>
            {
                total += GC.GetAllocatedBytesForCurrentThread();
                done.Set();
            });
            done.Await("a worker of the relay answers");
        }

        return total;
    }
}
