using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

public sealed class PacketTextTests
{
    [Fact]
    public void Every_kind_of_packet_is_one_line_as_nmap_writes_it() => Assert.Equal(
        [
            "ARP who-has 198.18.0.2 tell 198.18.0.1",
            "ARP reply 198.18.0.1 is-at 02:00:00:00:00:01",
            "TCP 198.18.0.1:40000 > 198.18.0.2:80 S ttl=64 id=1 iplen=44 seq=1 win=1024 <mss 1460>",
            "TCP 198.18.0.2:80 > 198.18.0.1:40000 SA ttl=64 id=1 iplen=60 seq=7 ack=2 win=64240 <mss 1460,sackOK,timestamp 9 0,wscale 7>",
            "TCP 198.18.0.2:81 > 198.18.0.1:40000 RA ttl=64 id=1 iplen=40 seq=0 ack=2 win=0",
            "UDP 198.18.0.1:40000 > 198.18.0.2:53 ttl=64 id=1 iplen=68",
            "TCP [2001:db8::1]:40000 > [2001:db8::2]:80 S hopl=64 flow=0 payloadlen=24 seq=1 win=1024 <mss 1460>",
            "TCP [2001:db8::2]:80 > [2001:db8::1]:40000 SA hopl=64 flow=0 payloadlen=40 seq=7 ack=2 win=64240 <mss "
                + "1460,sackOK,timestamp 9 0,wscale 7>",
            "TCP [2001:db8::2]:81 > [2001:db8::1]:40000 RA hopl=64 flow=0 payloadlen=20 seq=0 ack=2 win=0",
            "UDP [2001:db8::1]:40000 > [2001:db8::2]:53 hopl=64 flow=0 payloadlen=48",
            "ICMP [198.18.0.1 > 198.18.0.2 Echo request (type=8/code=0) id=17 seq=1] IP [ttl=64 id=1 iplen=28]",
            "ICMP [198.18.0.2 > 198.18.0.1 Echo reply (type=0/code=0) id=17 seq=1] IP [ttl=64 id=1 iplen=28]",
            "ICMP [198.18.0.1 > 198.18.0.2 Timestamp request (type=13/code=0) id=17 seq=1 orig=0 recv=0 trans=0] IP [ttl=64 id=1 iplen=40]",
            "ICMP [198.18.0.2 > 198.18.0.1 Timestamp reply (type=14/code=0) id=17 seq=1 orig=2 recv=3 trans=4] IP [ttl=64 id=1 iplen=40]",
            "ICMP [198.18.0.2 > 198.18.0.1 Port unreachable (type=3/code=3) about TCP 198.18.0.1:40000 > 198.18.0.2:80] "
                + "IP [ttl=64 id=1 iplen=56]",
            "ICMP [198.18.0.2 > 198.18.0.1 TTL=0 during transit (type=11/code=0) about TCP 198.18.0.1:40000 > 198.18.0.2:80] "
                + "IP [ttl=64 id=1 iplen=72]",
            "ICMP [198.18.0.2 > 198.18.0.1 Redirect (type=5/code=1) about TCP 198.18.0.1:40000 > 198.18.0.2:80] IP [ttl=64 id=1 iplen=72]",
            "ICMPv6 [2001:db8::1 > 2001:db8::2 Echo request (type=128/code=0) id=17 seq=1] IPv6 [hopl=64 flow=0 payloadlen=8]",
            "ICMPv6 [2001:db8::2 > 2001:db8::1 Echo reply (type=129/code=0) id=17 seq=1] IPv6 [hopl=64 flow=0 payloadlen=8]",
            "ICMPv6 [2001:db8::2 > 2001:db8::1 Communication administratively prohibited (type=1/code=1) about TCP [2001:db8::1]:40000 > "
                + "[2001:db8::2]:80] IPv6 [hopl=64 flow=0 payloadlen=72]",
            "ICMPv6 [2001:db8::1 > ff02::1:ff00:2 Neighbour solicitation (type=135/code=0) who-has 2001:db8::2 tell 02:00:00:00:00:01] "
                + "IPv6 [hopl=255 flow=0 payloadlen=32]",
            "ICMPv6 [2001:db8::2 > 2001:db8::1 Neighbour advertisement (type=136/code=0) target 2001:db8::2 is-at 02:00:00:00:00:02] IPv6 "
                + "[hopl=255 flow=0 payloadlen=32]",
        ],
        PacketSamples.All().Select(static frame => PacketText.Describe(frame, LinkLayer.Ethernet)));

    [Fact]
    public void A_line_says_which_way_and_when()
    {
        var packet = PacketSamples.All()[2].AsSpan(EthernetWriter.Length);
        Assert.StartsWith(
            "SENT (0.0101s) TCP 198.18.0.1:40000 > ",
            PacketText.Line(FrameDirection.Outbound, TimeSpan.FromMilliseconds(10.1), packet, LinkLayer.Ip), StringComparison.Ordinal);
        Assert.StartsWith(
            "RCVD (61.0000s) TCP ", PacketText.Line(FrameDirection.Inbound, TimeSpan.FromSeconds(61), packet, LinkLayer.Ip),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_have_nmaps_letters_and_order()
    {
        var packet = PacketSamples.All()[2].AsSpan(EthernetWriter.Length).ToArray();
        packet[33] = 0xff;
        Assert.Contains(" SFRPAUEC ttl=", PacketText.Describe(packet, LinkLayer.Ip), StringComparison.Ordinal);
        packet[33] = 0x29;
        Assert.Contains(" FPU ttl=", PacketText.Describe(packet, LinkLayer.Ip), StringComparison.Ordinal);
        packet[33] = 0;
        Assert.Contains(":80 ttl=", PacketText.Describe(packet, LinkLayer.Ip), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_whole_packet_is_said_so()
    {
        Assert.Equal("malformed frame of 3 bytes", PacketText.Describe([1, 2, 3], LinkLayer.Ethernet));
        Assert.Equal("malformed IP packet of 3 bytes", PacketText.Describe([0x45, 2, 3], LinkLayer.Ip));
        var lldp = new byte[20];
        lldp[12] = 0x88;
        lldp[13] = 0xcc;
        Assert.Equal("Ethernet 00:00:00:00:00:00 > 00:00:00:00:00:00 type=0x88cc length=6", PacketText.Describe(lldp, LinkLayer.Ethernet));
        var fragment = PacketSamples.All()[2].AsSpan(EthernetWriter.Length).ToArray();
        fragment[6] = 0x20;
        fragment[7] = 1;
        Assert.Equal("IP 198.18.0.1 > 198.18.0.2 proto=6 ttl=64 id=1 iplen=44 frag=8+", PacketText.Describe(fragment, LinkLayer.Ip));
    }

    [Fact]
    public void Whatever_came_is_one_line_of_visible_ASCII()
    {
        var samples = PacketSamples.All();
        Fuzz.Run(10_000, (random, _) =>
        {
            var frame = Fuzz.Damage(random, samples[random.Next(samples.Count)]);
            foreach (var layer in (LinkLayer[])[LinkLayer.Ethernet, LinkLayer.Ip])
            {
                Assert.DoesNotContain(PacketText.Line(FrameDirection.Inbound, default, frame, layer), static c => c is < ' ' or > '~');
            }
        });
    }
}
