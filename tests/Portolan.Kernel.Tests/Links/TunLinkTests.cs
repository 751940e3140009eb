using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

public sealed class TunLinkTests
{
    [Theory]
    [InlineData("198.18.5.1", "198.18.5.2", "198.18.5.1/30")]
    [InlineData("2001:db8:5::1", "2001:db8:5::2", "2001:db8:5::1/64")]
    public void Packets_pass_a_TUN_device_without_a_link_header(string own, string peer, string prefix)
    {
        using var host = Lab();
        using var tun = host.Run(() => TunDevice.Create("tun0"));
        host.Ip("link set tun0 up");
        host.Address("tun0", prefix);
        var (ours, theirs) = (TestPackets.Address(own), TestPackets.Address(peer));
        host.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var route = network.FindRoute(theirs).Route!;
            Assert.Equal((LinkLayer.Ip, false, false), (route.Layer, route.IsOnLink, route.IsLocal));
            using var link = network.Open(route);
            Assert.Equal((LinkLayer.Ip, 1500), (link.Layer, link.MaxFrameLength));
            using var receiver = link.OpenReceiver(TestPackets.FilterFor(ours));
            using var sender = link.OpenSender();
            var syn = TestPackets.Syn(ours, theirs, 4000, 80);
            Assert.Equal(new SendReport(1, 0, SendFailure.None, 0), TestPackets.Send(sender, syn));
            AssertReads(tun, syn);

            var answer = TestPackets.Syn(theirs, ours, 80, 4000);
            tun.Write(TestPackets.Syn(theirs, TestPackets.Address("192.0.2.9"), 80, 4000));
            tun.Write(answer);
            var collector = new FrameCollector();
            Assert.True(collector.ReceiveUntil(receiver, () => collector.Frames.Count > 0));
            Assert.Equal(answer, Assert.Single(collector.Frames));
        });
    }

    // The kernel sends router solicitations of its own.
    private static void AssertReads(TunDevice tun, byte[] packet)
    {
        for (var i = 0; i < 50; i++)
        {
            if (tun.Read().AsSpan().SequenceEqual(packet))
            {
                return;
            }
        }

        Assert.Fail("the packet did not come out of the device");
    }

    private static LabHost Lab()
    {
        LabHost? host = null;
        try
        {
            host = new LabHost();
        }
        catch (Portolan.Linux.Namespaces.NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
        }

        return host!;
    }
}
