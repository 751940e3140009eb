using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>The referee itself: what it says of a packet must be known to hold.</summary>
public sealed class RefereeLabTests
{
    [Theory]
    [InlineData("203.0.113.7", "198.18.0.2")]
    [InlineData("2001:db8:ffff::7", "2001:db8::2")]
    public void Without_rules_packets_are_delivered_and_answered(string source, string destination)
    {
        using var lab = RefereeLab.Create();
        var packets = lab.Prepare(
        [
            Packet(source, destination, IpProtocol.Tcp, 80),
            Packet(source, destination, IpProtocol.Tcp, 81),
            Packet(source, destination, IpProtocol.Udp, 53),
            Packet(source, destination, IpProtocol.Udp, 54),
            Packet(source, destination, IpProtocol.Tcp, 80) with { IsEstablished = true },
            Packet(source, destination, IpProtocol.Udp, 53) with { IsEstablished = true },
        ]);
        var fates = lab.Exchange(packets);
        Assert.All(fates, f => Assert.True(f.IsDelivered));
        Assert.Equal(
            [WireReplyKind.SynAck, WireReplyKind.Reset, WireReplyKind.Datagram, WireReplyKind.IcmpError, WireReplyKind.Segment,
                WireReplyKind.Datagram],
            fates.Select(f => f.Replies[0].Kind));
    }

    [Theory]
    [InlineData("203.0.113.7", "198.18.2.2")]
    [InlineData("2001:db8:ffff::7", "2001:db8:2::2")]
    public void Packets_for_the_host_behind_are_forwarded_and_answered(string source, string destination)
    {
        using var lab = RefereeLab.Create();
        var fates = lab.Exchange(lab.Prepare(
        [
            Packet(source, destination, IpProtocol.Tcp, 80),
            Packet(source, destination, IpProtocol.Udp, 53),
            Packet(source, destination, IpProtocol.Udp, 53) with { IsEstablished = true },
        ]));
        Assert.All(fates, f => Assert.True(f.IsForwarded && f.IsOnWire));
        Assert.All(fates, f => Assert.Equal(lab.Interfaces[2], f.OutputInterface));
        Assert.Equal([WireReplyKind.SynAck, WireReplyKind.Datagram, WireReplyKind.Datagram], fates.Select(f => f.Replies[0].Kind));
    }

    [Fact]
    public void The_rule_that_drops_is_named_and_a_translation_is_seen()
    {
        using var lab = RefereeLab.Create();
        lab.Target.Nft("""
            table inet t {
                chain nat { type nat hook prerouting priority dstnat; tcp dport 443 dnat ip to 198.18.2.2:80; }
                chain in { type filter hook input priority 0; policy drop; tcp dport 80 accept; tcp dport 22 reject with tcp reset; tcp dport 5432 reject; }
            }
            """);
        var fates = lab.Exchange(lab.Prepare(
        [
            Packet("203.0.113.7", "198.18.0.2", IpProtocol.Tcp, 80),
            Packet("203.0.113.7", "198.18.0.2", IpProtocol.Tcp, 22),
            Packet("203.0.113.7", "198.18.0.2", IpProtocol.Tcp, 5432),
            Packet("203.0.113.7", "198.18.0.2", IpProtocol.Tcp, 443),
            Packet("203.0.113.7", "198.18.0.2", IpProtocol.Tcp, 8080),
        ]));
        Assert.Equal("in", fates[0].AcceptedBy!.Chain);
        Assert.Equal([new WireReply(WireReplyKind.Reset)], fates[1].Replies);
        Assert.Equal([new WireReply(WireReplyKind.IcmpError, 3, 3)], fates[2].Replies);
        Assert.Equal("198.18.2.2", fates[3].FinalDestination.ToString());
        Assert.Equal(80, fates[3].FinalPort);
        Assert.True(fates[3].IsForwarded);
        Assert.Equal([new WireReply(WireReplyKind.SynAck)], fates[3].Replies);
        Assert.True(fates[4].DroppedBy!.IsPolicy);
        Assert.Empty(fates[4].Replies);
    }

    [Fact]
    public void The_targets_own_packets_are_followed_too()
    {
        using var lab = RefereeLab.Create();
        lab.Target.Nft("table inet t { chain out { type filter hook output priority 0; udp dport 53 drop; }\n}");
        var fates = lab.Exchange(lab.Prepare(
        [
            Packet("198.18.0.2", "198.18.2.2", IpProtocol.Udp, 53) with { IsOutgoing = true },
            Packet("198.18.0.2", "198.18.2.2", IpProtocol.Udp, 54) with { IsOutgoing = true },
            Packet("2001:db8::2", "2001:db8:ffff::7", IpProtocol.Udp, 54) with { IsOutgoing = true },
        ]));
        Assert.Equal("out", fates[0].DroppedBy!.Chain);
        Assert.Equal([false, true, true], fates.Select(f => f.IsForwarded && f.IsOnWire));
        Assert.Equal([lab.Interfaces[2], lab.Interfaces[0]], fates.Skip(1).Select(f => f.OutputInterface));
    }

    private static RefereePacket Packet(string source, string destination, IpProtocol protocol, ushort port) => new()
    {
        Source = Address(source),
        Destination = Address(destination),
        Protocol = protocol,
        DestinationPort = port,
    };

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
