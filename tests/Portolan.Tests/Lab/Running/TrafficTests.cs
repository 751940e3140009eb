using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Testing;
using Portolan.Packets;

namespace Portolan.Tests.Lab.Running;

/// <summary>What a lab counts of what crosses it, and of what is lost there.</summary>
public sealed class TrafficTests
{
    private const string Lossy =
        """
        name: lossy
        networks: { clean: 198.18.0.0/24, rough: { prefix: 198.18.1.0/24, loss: 20% } }
        routers: { near: { networks: { clean: 198.18.0.1 } }, far: { networks: { rough: 198.18.1.1 } } }
        links: [ { between: [near, far], bandwidth: 1Mbit } ]
        hosts: { pc: 198.18.0.10, sink: { address: 198.18.1.10, ports: { 9/udp: discard } } }
        """;

    [Fact]
    public async Task What_each_network_and_link_loses_is_counted_there()
    {
        await using var lab = TestLab.FromYaml(Lossy);
        lab.Run(async () =>
        {
            // More than the link carries or its queue holds, at once.
            using var client = lab["pc"].BindUdp(new IPEndPoint(IPAddress.Any, 0));
            for (var i = 0; i < 1000; i++)
            {
                await client.SendAsync(new byte[1000], new IPEndPoint(IPAddress.Parse("198.18.1.10"), 9));
            }

            await Task.Delay(TimeSpan.FromMinutes(1), lab.Time);
        });

        var traffic = lab.Network.Traffic.ToDictionary(static t => t.Name);
        Assert.Equal(["clean", "near-far", "rough"], traffic.Keys.Order());
        Assert.Equal(new SegmentTraffic("clean", 1000, 0, 0), traffic["clean"]);

        // 256 KiB of queue hold some 250 of the packets; of those that arrive behind the link every fifth is lost.
        Assert.Equal(1000, traffic["near-far"].Packets);
        Assert.InRange(traffic["near-far"].Lost, 700, 800);
        Assert.Equal(1000 - traffic["near-far"].Lost, traffic["rough"].Packets);
        Assert.InRange(traffic["rough"].Lost, 25, 80);
        foreach (var (name, counted) in traffic)
        {
            Assert.Equal(lab.Packets.Count(p => p.Segment == name && p.Fate == WireOutcome.Lost), counted.Lost);
        }

        Assert.Equal(0, lab.Network.OverflowCount);
    }

    [Fact]
    public async Task What_a_host_has_no_room_for_is_counted_on_its_network()
    {
        await using var lab = new VirtualNetwork(SmallLab.Topology(), new() { IsVirtualTime = true });
        var to = SmallLab.Address("198.18.0.10");
        using var vantage = new RawVantage(lab, to);
        var packet = RawVantage.Tcp(vantage.Address, to, 5000, 80, TcpFlags.Syn);
        vantage.Send(Enumerable.Repeat(packet, 20_000));

        var left = lab.Traffic.Single(static t => t.Name == "left");
        Assert.Equal((20_000L, 0L, 20_000L - 16_384), (left.Packets, left.Lost, left.Overflows));
        Assert.Equal(20_000 - 16_384, lab.OverflowCount);
    }
}
