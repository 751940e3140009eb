using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab.Running;

/// <summary>A thin link between two routers, over which a stream of datagrams and a file copy go at once.</summary>
public sealed class ShapingTests
{
    private const int Datagrams = 100;

    [Fact]
    public async Task A_class_of_higher_priority_does_not_wait_for_a_file_copy()
    {
        var alone = await PlayAsync([]);
        var shaped = await PlayAsync([new ShapingClass(TransportProtocol.Udp, PortSet.Parse("5004"), 1)]);

        // One packet of 1,500 bytes takes 12 ms on this link; whoever goes first waits for one at most.
        Assert.True(shaped.Worst < TimeSpan.FromMilliseconds(30), $"{shaped.Worst.TotalMilliseconds} ms");
        Assert.True(alone.Worst > TimeSpan.FromMilliseconds(200), $"{alone.Worst.TotalMilliseconds} ms");
        Assert.Equal(Datagrams, shaped.Arrived);
        Assert.Equal(200_000, shaped.Copied);
        Assert.Equal(200_000, alone.Copied);
    }

    private static async Task<(TimeSpan Worst, int Arrived, long Copied)> PlayAsync(IReadOnlyList<ShapingClass> shaping)
    {
        var topology = SmallLab.Topology(SmallLab.Tcp("80", PortPolicy.Open));
        topology = topology with
        {
            Routers =
            [
                new RouterSpec { Name = "one", Ports = [new RouterPort("left", SmallLab.Address("198.18.0.1"), null)] },
                new RouterSpec { Name = "two", Ports = [new RouterPort("right", SmallLab.Address("198.18.1.1"), null)] },
            ],
            Links = [new LinkSpec("one", "two", new LinkQuality { Bandwidth = 1_000_000 }) { Shaping = shaping }],
        };
        await using var lab = new VirtualNetwork(topology, new() { IsVirtualTime = true });
        var (worst, arrived, copied) = (TimeSpan.Zero, 0, 0L);
        lab.Run(
            async () =>
            {
                using var listener = lab.StackOf("server").ListenTcp(new IPEndPoint(IPAddress.Any, 90));
                var copying = CopyAsync();
                using var ear = lab.StackOf("server").BindUdp(new IPEndPoint(IPAddress.Any, 5004));
                var streaming = StreamAsync();
                for (var i = 0; i < Datagrams; i++)
                {
                    var buffer = new byte[200];
                    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), lab.Time);
                    try
                    {
                        await ear.ReceiveAsync(buffer, patience.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        break;
                    }

                    var taken = lab.Time.GetElapsedTime(BitConverter.ToInt64(buffer));
                    worst = taken > worst ? taken : worst;
                    arrived++;
                }

                await streaming;
                await copying;

                async Task CopyAsync()
                {
                    var sending = SendAsync();
                    await using var stream = await listener.AcceptAsync();
                    var buffer = new byte[4096];
                    int length;
                    while ((length = await stream.ReadAsync(buffer)) > 0)
                    {
                        copied += length;
                    }

                    await sending;
                }

                async Task SendAsync()
                {
                    await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.10"), 90));
                    await stream.WriteAsync(new byte[200_000]);
                }

                async Task StreamAsync()
                {
                    using var mouth = lab.StackOf("pc").BindUdp(new IPEndPoint(IPAddress.Any, 0));
                    var datagram = new byte[160];
                    for (var i = 0; i < Datagrams; i++)
                    {
                        BitConverter.TryWriteBytes(datagram, lab.Time.GetTimestamp());
                        await mouth.SendAsync(datagram, new IPEndPoint(IPAddress.Parse("198.18.1.10"), 5004));
                        await Task.Delay(TimeSpan.FromMilliseconds(20), lab.Time);
                    }
                }
            },
            TimeSpan.FromMinutes(2));
        return (worst, arrived, copied);
    }
}
