using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

public sealed class PacketLinkTests
{
    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_SYN_over_Ethernet_is_answered_by_a_listener(string target)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        var destination = TestPackets.Address(target);
        var hardware = TestPackets.HardwareAddress(pair.Target, "eth0");
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var route = network.FindRoute(destination).Route!;
            Assert.True(route.IsOnLink);
            using var link = network.Open(route);
            var syn = TestPackets.Frame(TestPackets.Syn(route.Source, destination, 4000, 80), hardware, link.HardwareAddress);
            AssertAnswered(link, route, syn);
        });
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1.2.3")]
    [InlineData("198.18.0.1")]
    [InlineData("::1")]
    [InlineData("2001:db8::1")]
    public void A_SYN_to_this_host_itself_is_answered_by_a_listener(string target)
    {
        using var pair = LabPair.Create();
        pair.Scanner.ListenTcp(80);
        var destination = TestPackets.Address(target);
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var route = network.FindRoute(destination).Route!;
            Assert.True(route.IsLocal);
            Assert.Equal(LinkLayer.Ip, route.Layer);
            using var link = network.Open(route);
            AssertAnswered(link, route, TestPackets.Syn(route.Source, destination, 4000, 80));
        });
    }

    private static void AssertAnswered(IPacketLink link, Route route, byte[] syn)
    {
        Assert.Equal(route.Layer, link.Layer);
        using var receiver = link.OpenReceiver(TestPackets.FilterFor(route.Source));
        using var sender = link.OpenSender();
        Assert.Equal(new SendReport(1, 0, SendFailure.None, 0), TestPackets.Send(sender, syn));
        var collector = new FrameCollector();
        var flags = TcpFlags.None;
        Assert.True(
            collector.ReceiveUntil(receiver, () => collector.Frames.Exists(frame => IsReply(link.Layer, frame, out flags))),
            "no answer came");
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, flags);
    }

    private static bool IsReply(LinkLayer layer, byte[] frame, out TcpFlags flags)
    {
        flags = default;
        var packet = frame.AsSpan(layer == LinkLayer.Ethernet ? 14 : 0);
        if (packet.Length < 40 || packet[0] >> 4 is not (4 or 6) || packet[packet[0] >> 4 == 4 ? 9 : 6] != 6)
        {
            return false;
        }

        if (!TcpSegment.TryRead(packet[(packet[0] >> 4 == 4 ? 20 : 40)..], out var segment) || segment.DestinationPort.Value != 4000)
        {
            return false;
        }

        flags = segment.Flags;
        return true;
    }
}
