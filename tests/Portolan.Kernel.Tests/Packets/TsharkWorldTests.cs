using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Apps;

namespace Portolan.Kernel.Tests.Packets;

/// <summary>Another dissector finds nothing wrong with what simulated hosts send to each other.</summary>
public sealed class TsharkWorldTests
{
    private static readonly string[] Fields =
    [
        "_ws.malformed", "_ws.expert.severity", "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status",
        "icmpv6.checksum.status",
        "igmp.checksum.status", "arp.opcode", "icmp.type", "icmpv6.type", "igmp.type", "ip.frag_offset", "ipv6.fraghdr.offset",
        "udp.length", "tcp.len",
    ];

    [Theory]
    [InlineData(LinkLayer.Ethernet)]
    [InlineData(LinkLayer.Ip)]
    public void Tshark_finds_no_malformed_frame_and_no_wrong_checksum(LinkLayer layer)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.Create(path))
            using (var world = new SimWorld(20_301, new SimOptions { Capture = file }))
            {
                Play(world, layer);
            }

            var rows = Tshark.Fields(path, Fields).ConvertAll(
                row => Fields.Zip(row).ToDictionary(static p => p.First, static p => p.Second, StringComparer.Ordinal));
            Assert.True(rows.Count > 500, $"{rows.Count} frames");
            Assert.All(rows, static row =>
            {
                Assert.Equal("", row["_ws.malformed"]);
                Assert.All(
                    row.Where(static field => field.Key.EndsWith(".status", StringComparison.Ordinal)),
                    static field => Assert.All(field.Value.Split(','), status => Assert.Contains(status, (string[])["", "1", "2", "3"])));

                // 0x800000 is an error; warnings and notes are about lost segments.
                Assert.DoesNotContain("8388608", row["_ws.expert.severity"].Split(','));
            });

            // Or nothing was proved.
            string[] expected = ["icmp.type", "icmpv6.type", "igmp.type", "udp.length", "tcp.len", "ip.frag_offset", "ipv6.fraghdr.offset"];
            Assert.All(expected, field => Assert.Contains(rows, row => row[field].Length > 0 && row[field] != "0"));
            Assert.Equal(layer == LinkLayer.Ethernet, rows.Exists(static row => row["arp.opcode"].Length > 0));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Play(SimWorld world, LinkLayer layer)
    {
        var (left, right) = (world.AddHost("left"), world.AddHost("right"));
        var router = world.AddHost(new SimHostOptions { Name = "router", IsRouter = true });
        var (near, far) = (world.Connect(left, router, layer), world.Connect(router, right, layer, mtu: 1300));
        (SimHost, IpInterface, int, int)[] ends =
        [
            (left, near.LeftInterface, 1, 1), (router, near.RightInterface, 1, 9), (router, far.LeftInterface, 2, 9),
            (right, far.RightInterface, 2, 2),
        ];
        foreach (var (host, at, net, number) in ends)
        {
            // Asked for first, as addresses are.
            host.AddAddress(at, $"198.18.{net}.{number}", 24);
            host.Ip.AddAddress(at, SimWorld.Address($"2001:db8:{net}::{number}"), 64);
            if (host != router)
            {
                host.Ip.AddDefaultRoute(at, SimWorld.Address($"198.18.{net}.9"));
                host.Ip.AddDefaultRoute(at, SimWorld.Address($"2001:db8:{net}::9"));
            }
        }

        world.Run(TimeSpan.FromSeconds(5));
        left.Do(() =>
        {
            Assert.True(left.Ip.TryJoin(near.LeftInterface.Number, SimWorld.Address("239.1.2.3"), out _));
            Assert.True(left.Ip.TryJoin(near.LeftInterface.Number, SimWorld.Address("ff05::1234"), out _));
        });
        foreach (var cable in world.Cables)
        {
            cable.SetFaults(new FaultProfile
            {
                Loss = 0.02,
                Delay = TimeSpan.FromMilliseconds(10),
                Jitter = TimeSpan.FromMilliseconds(2),
                Duplication = 0.01,
            });
        }

        foreach (var (target, port) in ((string, int)[])[("198.18.2.2", 1000), ("2001:db8:2::2", 1001)])
        {
            var echo = new UdpEcho(left, right, target, port, mayRepeat: true);
            var transfer = new TcpTransfer(left, right, target, port, new TcpScript(200_000), new TcpScript(100_000));
            transfer.Start();
            for (var i = 0; i < 30; i++)
            {
                echo.Send(i * 200);
                world.Run(TimeSpan.FromMilliseconds(200));
            }

            Assert.True(world.RunUntil(() => transfer.IsOver, TimeSpan.FromMinutes(5)));
            Assert.True(echo.Returned > 10);
        }

        // Nobody is there: errors of the router and of the host.
        foreach (var target in (string[])["198.18.2.77", "2001:db8:2::77", "192.0.2.1", "2001:db8:77::1", "198.18.2.2", "2001:db8:2::2"])
        {
            Say(left, target);
            world.Run(TimeSpan.FromSeconds(5));
        }
    }

    private static void Say(SimHost host, string target) => host.Do(() =>
    {
        var address = SimWorld.Address(target);
        var any = address.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        Assert.True(host.Ip.TryFindPath(any, address, 0, out var path));
        var length = UdpWriter.Write(host.Ip.Reserve(path, 40), path.Source, address, new PortNumber(5), new PortNumber(6), new byte[32]);
        host.Ip.Send(new IpDeparture(IpProtocol.Udp, length, MayFragment: true));
    });
}
