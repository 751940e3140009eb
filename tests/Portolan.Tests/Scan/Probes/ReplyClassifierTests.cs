using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Probes;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Probes;

/// <summary>Probes as they are written, without a network, and what is made of frames that come back.</summary>
public sealed class ReplyClassifierTests
{
    private static readonly MacAddress Ours = new(0x0200_0000_0001);
    private static readonly MacAddress Theirs = new(0x0200_0000_0002);
    private static readonly ProbeCookies Cookies = new(seed: 99);

    private static IEnumerable<(InternetAddress Source, InternetAddress Target)> Pairs =>
        [(Address("198.18.0.1"), Address("198.18.0.2")), (Address("2001:db8::1"), Address("2001:db8::2"))];

    [Fact]
    public void Every_probe_is_a_packet_that_a_strict_reader_takes() => Fuzz.Run(300, (random, round) =>
    {
        foreach (var (source, target) in Pairs)
        {
            foreach (var layer in (LinkLayer[])[LinkLayer.Ethernet, LinkLayer.Ip])
            {
                var kind = (ProbeKind)random.Next(6);
                var flags = (TcpFlags)random.Next(64);
                var port = (ushort)random.Next(65536);
                var frame = Write(
                    new ProbePath(layer, Ours, source, 1500), target, kind, port, ProbeTag.ForAttempt(random.Next(12)), flags,
                    SourcePorts.Block(15));
                var packet = frame.AsSpan(layer == LinkLayer.Ethernet ? EthernetWriter.Length : 0);
                if (source.IsIPv4)
                {
                    Assert.True(
                        Ipv4Packet.TryRead(packet, out var ip) && ip.HasValidChecksum && ip.Source == source && ip.Destination == target);
                    AssertTransport(ip.Protocol, ip.Payload, source, target, kind, port, flags);
                }
                else
                {
                    Assert.True(Ipv6Packet.TryRead(packet, out var ip) && ip.Source == source && ip.Destination == target);
                    AssertTransport(ip.Protocol, ip.Payload, source, target, kind, port, flags);
                }
            }
        }
    });

    [Fact]
    public void A_probe_costs_no_allocation()
    {
        var path = new ProbePath(LinkLayer.Ethernet, Ours, Address("198.18.0.1"), 1500);
        var writer = new ProbeWriter(path, Cookies, SourcePorts.Block(15), new ProbeStyle(TcpFlags.Syn), new UdpPayloads(1));
        var frame = new byte[2048];
        var target = Address("198.18.0.2");
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (ushort port = 1; port < 100; port++)
            {
                writer.Write(frame, Theirs, target, ProbeKind.Tcp, port, default);
            }
        }));
    }

    [Fact]
    public void Hostile_frames_neither_throw_nor_count() => Fuzz.Run(4000, (random, round) =>
    {
        // Our own probes, damaged: never a reply, for they hold the cookie in the wrong place. (ARP has no place for a cookie.)
        var (source, target) = Pairs.ElementAt(random.Next(2));
        var path = new ProbePath(LinkLayer.Ethernet, Ours, source, 1500);
        var frame =
            Write(path, target, (ProbeKind)random.Next(6), (ushort)random.Next(60000), default, TcpFlags.Syn, SourcePorts.Block(15));
        var damaged = Fuzz.Damage(random, frame);
        var classifier = Classifier(TcpTechnique.Syn);
        Assert.False(classifier.TryClassify(LinkLayer.Ethernet, damaged, out _));
        classifier.TryClassify(LinkLayer.Ip, damaged.AsSpan(Math.Min(14, damaged.Length)), out _);
        var noise = new byte[random.Next(120)];
        random.NextBytes(noise);
        Assert.False(classifier.TryClassify(LinkLayer.Ip, noise, out _));
    });

    [Fact]
    public void A_forged_answer_does_not_count_whatever_it_guesses() => Fuzz.Run(2000, (random, round) =>
    {
        var (source, target) = Pairs.ElementAt(random.Next(2));
        var ports = SourcePorts.Block(15);
        var probe = Write(new ProbePath(LinkLayer.Ip, default, source, 1500), target, ProbeKind.Tcp, 80, default, TcpFlags.Syn, ports);
        Assert.True(TcpSegment.TryRead(probe.AsSpan(source.IsIPv4 ? 20 : 40), out var sent));
        var honest = Reply(target, source, sent.SourcePort, sent.Sequence + 1, TcpFlags.Syn | TcpFlags.Ack);
        Assert.True(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, honest, out var reply));
        Assert.Equal((PortState.Open, (ushort)80, target), (reply.State, reply.Port, reply.Target));

        foreach (var forged in (byte[][])
        [
            Reply(target, source, sent.SourcePort, sent.Sequence + 2, TcpFlags.Syn | TcpFlags.Ack),
            Reply(target, source, sent.SourcePort, (uint)random.NextInt64(), TcpFlags.Syn | TcpFlags.Ack),
            Reply(target, source, sent.SourcePort, (uint)random.NextInt64(), TcpFlags.Rst | TcpFlags.Ack),
            Reply(target, source, new PortNumber((ushort)(sent.SourcePort + 16)), sent.Sequence + 1, TcpFlags.Rst | TcpFlags.Ack),
            Reply(target, source, sent.SourcePort, 0, TcpFlags.Rst),
            Reply(target, source, sent.SourcePort, sent.Sequence + 1, TcpFlags.Ack),
        ])
        {
            Assert.False(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, forged, out _));
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_answers_a_ping_by_ACK_says_nothing_of_the_port(bool isFixed)
    {
        var ports = isFixed ? SourcePorts.Fixed(new PortNumber(4321)) : SourcePorts.Block(15);
        foreach (var (source, target) in Pairs)
        {
            var path = new ProbePath(LinkLayer.Ip, default, source, 1500);
            var ping = Write(path, target, ProbeKind.AckPing, 80, ProbeTag.ForAttempt(1), TcpFlags.Syn, ports);
            Assert.True(TcpSegment.TryRead(ping.AsSpan(source.IsIPv4 ? 20 : 40), out var sent));
            Assert.Equal(TcpFlags.Ack, sent.Flags);
            List<byte[]> answers =
            [
                Reply(target, source, sent.SourcePort, 0, TcpFlags.Rst, sequence: sent.Acknowledgment),
                Reply(target, source, sent.SourcePort, sent.Sequence, TcpFlags.Rst | TcpFlags.Ack, sequence: 0),
                Reply(target, source, sent.SourcePort, sent.Sequence + (isFixed ? 0u : 1u), TcpFlags.Rst | TcpFlags.Ack, sequence: 0),
            ];
            if (source.IsIPv4)
            {
                answers.Add(Unreachable(target, source, 13, ping));
            }

            foreach (var answer in answers)
            {
                var isError = answer.Length > 50;
                Assert.True(new ReplyClassifier(Cookies, ports, TcpTechnique.Syn, new UdpPayloads(1)).TryClassify(
                    LinkLayer.Ip, answer, out var beside));
                Assert.Equal(
                    (ProbeKind.AckPing, (ushort)80, target, 1), (beside.Kind, beside.Port, beside.Target, (int)beside.Tag.Attempt));

                // Of an ACK scan, or one with flags of its own, it is the answer to a probe.
                if (!isError)
                {
                    Assert.True(new ReplyClassifier(Cookies, ports, TcpTechnique.Ack, new UdpPayloads(1)).TryClassify(
                        LinkLayer.Ip, answer, out var scan));
                    Assert.Equal((ProbeKind.Tcp, PortState.Unfiltered), (scan.Kind, scan.State));
                    Assert.True(new ReplyClassifier(
                        Cookies, ports, TcpTechnique.Syn, new UdpPayloads(1), TcpFlags.Ack | TcpFlags.Fin).TryClassify(
                            LinkLayer.Ip, answer, out scan));
                    Assert.Equal(ProbeKind.Tcp, scan.Kind);
                }
            }

            var probe = Write(path, target, ProbeKind.Tcp, 80, ProbeTag.ForAttempt(1), TcpFlags.Syn, ports);
            Assert.True(TcpSegment.TryRead(probe.AsSpan(source.IsIPv4 ? 20 : 40), out var syn));
            Assert.True(new ReplyClassifier(Cookies, ports, TcpTechnique.Syn, new UdpPayloads(1))
                .TryClassify(
                    LinkLayer.Ip, Reply(target, source, syn.SourcePort, syn.Sequence + 1, TcpFlags.Rst | TcpFlags.Ack), out var closed));
            Assert.Equal((ProbeKind.Tcp, PortState.Closed), (closed.Kind, closed.State));
        }
    }

    [Fact]
    public void A_SYN_ACK_that_promises_nothing_is_a_proxys_and_a_SYN_of_its_own_an_open_ports()
    {
        foreach (var (source, target) in Pairs)
        {
            var ports = SourcePorts.Block(15);
            var probe = Write(new ProbePath(LinkLayer.Ip, default, source, 1500), target, ProbeKind.Tcp, 80, default, TcpFlags.Syn, ports);
            Assert.True(TcpSegment.TryRead(probe.AsSpan(source.IsIPv4 ? 20 : 40), out var sent));

            Assert.True(Classifier(TcpTechnique.Syn).TryClassify(
                LinkLayer.Ip, Reply(target, source, sent.SourcePort, sent.Sequence + 1, TcpFlags.Syn | TcpFlags.Ack, window: 0),
                out var proxied));
            Assert.Equal((PortState.Filtered, ReplyReason.SynProxy, Evidence.None), (proxied.State, proxied.Reason, proxied.Evidence));
            Assert.True(Classifier(TcpTechnique.Syn).TryClassify(
                LinkLayer.Ip, Reply(target, source, sent.SourcePort, 0, TcpFlags.Syn), out var split));
            Assert.Equal((PortState.Open, Evidence.SynAck), (split.State, split.Evidence));
        }
    }

    [Theory]
    [InlineData(0, "filtered net-unreach")]
    [InlineData(1, "filtered host-unreach")]
    [InlineData(2, "filtered proto-unreach")]
    [InlineData(3, "filtered port-unreach")]
    [InlineData(4, null)]
    [InlineData(5, null)]
    [InlineData(9, "filtered net-prohibited")]
    [InlineData(10, "filtered host-prohibited")]
    [InlineData(13, "filtered admin-prohibited")]
    public void Errors_count_by_their_code_and_only_with_our_probe_inside(byte code, string? words)
    {
        var (source, target) = Pairs.First();
        var router = Address("198.18.0.254");
        foreach (var kind in (ProbeKind[])[ProbeKind.Tcp, ProbeKind.Udp])
        {
            var probe = Write(
                new ProbePath(LinkLayer.Ip, default, source, 1500), target, kind, 80, ProbeTag.ForAttempt(3), TcpFlags.Syn,
                SourcePorts.Block(15));
            var known = Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, Unreachable(router, source, code, probe), out var reply);
            Assert.Equal(words is not null, known);
            if (known)
            {
                Assert.Equal(words, $"{reply.State.Name()} {Portolan.Scan.Results.ReplyReasonNames.Name(reply.Reason)}");
                Assert.Equal((target, router, (byte)3, (ushort)80), (reply.Target, reply.Reporter, reply.Tag.Attempt, reply.Port));
            }

            // Another sequence number, or another identification.
            probe[kind == ProbeKind.Tcp ? 24 : 4] ^= 1;
            Assert.False(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, Unreachable(router, source, code, probe), out _));
        }
    }

    [Fact]
    public void A_closed_datagram_port_is_the_word_of_the_host_itself()
    {
        var (source, target) = Pairs.First();
        var probe = Write(
            new ProbePath(LinkLayer.Ip, default, source, 1500), target, ProbeKind.Udp, 9, default, TcpFlags.Syn, SourcePorts.Block(15));
        Assert.True(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, Unreachable(target, source, 3, probe), out var own));
        Assert.True(Classifier(TcpTechnique.Syn).TryClassify(
            LinkLayer.Ip, Unreachable(Address("198.18.0.254"), source, 3, probe), out var routers));
        Assert.Equal((PortState.Closed, PortState.Filtered), (own.State, routers.State));
    }

    [Fact]
    public void The_first_fragment_of_a_long_datagram_is_an_answer_and_a_later_one_says_nothing()
    {
        var (source, target) = Pairs.First();
        var probe = Write(
            new ProbePath(LinkLayer.Ip, default, source, 1500), target, ProbeKind.Udp, 9, default, TcpFlags.Syn, SourcePorts.Block(15));
        var reply = new byte[Ipv4Writer.Length + 1480];
        Ipv4Writer.Write(reply, target, source, IpProtocol.Udp, 1480, 64);
        probe.AsSpan(20, 2).CopyTo(reply.AsSpan(22));
        probe.AsSpan(22, 2).CopyTo(reply.AsSpan(20));
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(24), 4008);
        Assert.False(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, reply, out _), "a datagram that is not whole and no fragment");
        Fragment(reply, 0x2000);
        Assert.True(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, reply, out var answer));
        Assert.Equal((PortState.Open, ReplyReason.UdpResponse, (ushort)9), (answer.State, answer.Reason, answer.Port));
        Fragment(reply, 0x2000 | 185);
        Assert.False(Classifier(TcpTechnique.Syn).TryClassify(LinkLayer.Ip, reply, out _));
    }

    private static void Fragment(Span<byte> packet, ushort field)
    {
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], field);
        packet.Slice(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..20]));
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    private static ReplyClassifier Classifier(TcpTechnique technique) => new(Cookies, SourcePorts.Block(15), technique, new UdpPayloads(1));

    private static byte[] Write(
        ProbePath path, InternetAddress target, ProbeKind kind, ushort port, ProbeTag tag, TcpFlags flags, SourcePorts ports)
    {
        var frame = new byte[2048];
        var writer = new ProbeWriter(path, Cookies, ports, new ProbeStyle(flags), new UdpPayloads(1));
        return frame[..writer.Write(frame, Theirs, target, kind, port, tag)];
    }

    private static void AssertTransport(
        IpProtocol protocol, ReadOnlySpan<byte> payload, InternetAddress source, InternetAddress target, ProbeKind kind, ushort port,
        TcpFlags flags)
    {
        switch (protocol)
        {
            case IpProtocol.Tcp:
                Assert.True(TcpSegment.TryRead(payload, out var segment) && segment.HasValidChecksum(source, target));
                Assert.Equal(port, segment.DestinationPort.Value);
                Assert.Equal(kind == ProbeKind.Tcp ? flags : kind == ProbeKind.SynPing ? TcpFlags.Syn : TcpFlags.Ack, segment.Flags);
                break;
            case IpProtocol.Udp:
                Assert.True(
                    UdpDatagram.TryRead(payload, out var datagram) && datagram.HasValidChecksum(source, target)
                        && datagram.DestinationPort.Value == port);
                break;
            case IpProtocol.Icmp:
                Assert.True(IcmpMessage.TryRead(payload, out var message) && message.HasValidChecksum);
                break;
            default:
                Assert.True(
                    Icmpv6Message.TryRead(payload, out var message6) && message6.HasValidChecksum(source, target)
                        || kind == ProbeKind.Timestamp);
                break;
        }
    }

    private static byte[] Reply(
        InternetAddress from, InternetAddress to, PortNumber toPort, uint acknowledgment, TcpFlags flags, ushort window = 1000,
        uint sequence = 5)
    {
        var offset = from.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var packet = new byte[offset + TcpSegment.MinHeaderLength];
        TcpWriter.Write(
            packet.AsSpan(offset), from, to, new TcpHeader(new PortNumber(80), toPort, sequence, acknowledgment, flags, window));
        _ = from.IsIPv4 ? Ipv4Writer.Write(packet, from, to, IpProtocol.Tcp, 20) : Ipv6Writer.Write(packet, from, to, IpProtocol.Tcp, 20);
        return packet;
    }

    private static byte[] Unreachable(InternetAddress from, InternetAddress to, byte code, byte[] probe)
    {
        var packet = new byte[Ipv4Writer.Length + 8 + 28];
        IcmpWriter.WriteUnreachable(packet.AsSpan(Ipv4Writer.Length), (IcmpUnreachableCode)code, probe.AsSpan(0, 28));
        Ipv4Writer.Write(packet, from, to, IpProtocol.Icmp, 36);
        return packet;
    }
}
