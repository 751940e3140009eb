using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Packets;

/// <summary>Our packets are understood by the kernel of the target, and its own are read by our views.</summary>
public sealed class KernelPacketTests
{
    private delegate int Writer(Span<byte> upper, InternetAddress source, InternetAddress destination);

    private delegate bool Reader(InternetAddress source, IpProtocol protocol, ReadOnlySpan<byte> upper);

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_SYN_with_the_options_of_Linux_is_answered_with_the_like(string target) => Run(target, static (exchange, destination) =>
        exchange.Ask(
            IpProtocol.Tcp,
            static (upper, source, destination) =>
            {
                Span<byte> options = stackalloc byte[20];
                TcpOptionsWriter.WriteLinuxSyn(options, 1400, 4711);
                return TcpWriter.Write(
                    upper, source, destination, new TcpHeader(new PortNumber(4000), new PortNumber(80), 1000, 0, TcpFlags.Syn, 1024),
                    options);
            },
            (source, protocol, upper) =>
                source == destination && protocol == IpProtocol.Tcp && TcpSegment.TryRead(upper, out var segment)
                && segment.Flags == (TcpFlags.Syn | TcpFlags.Ack) && segment.Acknowledgment == 1001 && segment.SourcePort.Value == 80
                && segment.Options.MaximumSegmentSize == (destination.IsIPv4 ? 1460 : 1440) && segment.Options.SackPermitted
                && segment.Options.WindowScale is > 0 && segment.Options.TryReadTimestamps(out _, out var echo) && echo == 4711));

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_SYN_with_a_wrong_checksum_is_not_answered_and_one_with_the_right_one_is(string target) =>
        Run(target, static (exchange, destination) =>
    {
        exchange.Send(IpProtocol.Tcp, static (upper, source, destination) =>
        {
            var length = WriteSyn(upper, source, destination, 4000, 81);
            upper[TcpWriter.ChecksumOffset] ^= 1;
            return length;
        });
        ushort answered = 0;
        exchange.Ask(
            IpProtocol.Tcp,
            static (upper, source, destination) => WriteSyn(upper, source, destination, 4001, 81),
            (source, protocol, upper) =>
            {
                var isReset = source == destination && protocol == IpProtocol.Tcp && TcpSegment.TryRead(upper, out var segment)
                    && segment.Flags == (TcpFlags.Rst | TcpFlags.Ack) && segment.Acknowledgment == 1001;
                answered = isReset && TcpSegment.TryRead(upper, out segment) ? segment.DestinationPort.Value : answered;
                return isReset;
            });
        Assert.Equal(4001, answered);
    });

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_datagram_to_a_closed_port_comes_back_quoted(string target) => Run(target, static (exchange, destination) =>
        exchange.Ask(
            IpProtocol.Udp,
            static (upper, source, destination) =>
                UdpWriter.Write(upper, source, destination, new PortNumber(4000), new PortNumber(9), "hello"u8),
            (source, protocol, upper) => source == destination && (destination.IsIPv4
                ? IcmpMessage.TryRead(upper, out var v4) && v4.HasValidChecksum && v4.Type == IcmpType.DestinationUnreachable
                    && v4.Code == (byte)IcmpUnreachableCode.Port && Quotes(v4.Quoted, destination)
                : Icmpv6Message.TryRead(upper, out var v6) && v6.HasValidChecksum(source, exchange.Source)
                    && v6.Type == Icmpv6Type.DestinationUnreachable && v6.Code == (byte)Icmpv6UnreachableCode.Port
                    && Quotes(v6.Quoted, destination))));

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_ping_is_answered(string target) => Run(target, static (exchange, destination) =>
        exchange.Ask(
            destination.IsIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6,
            static (upper, source, destination) => destination.IsIPv4
                ? IcmpWriter.WriteEchoRequest(upper, 17, 18, "odd"u8)
                : Icmpv6Writer.WriteEchoRequest(upper, source, destination, 17, 18, "odd"u8),
            (source, protocol, upper) => source == destination && (destination.IsIPv4
                ? IcmpMessage.TryRead(upper, out var v4) && v4.HasValidChecksum && v4.Type == IcmpType.EchoReply
                    && v4.Identifier == 17 && v4.SequenceNumber == 18 && v4.Payload.SequenceEqual("odd"u8)
                : Icmpv6Message.TryRead(upper, out var v6) && v6.HasValidChecksum(source, exchange.Source)
                    && v6.Type == Icmpv6Type.EchoReply
                    && v6.Identifier == 17 && v6.SequenceNumber == 18 && v6.Payload.SequenceEqual("odd"u8))));

    [Fact]
    public void The_time_is_told() => Run("198.18.0.2", static (exchange, destination) =>
        exchange.Ask(
            IpProtocol.Icmp,
            static (upper, _, _) => IcmpWriter.WriteTimestampRequest(upper, 17, 18, 99),
            (source, protocol, upper) => source == destination && IcmpMessage.TryRead(upper, out var message) && message.HasValidChecksum
                && message.Type == IcmpType.TimestampReply && message.TryReadTimestamps(out var originate, out _, out var transmit)
                && originate == 99 && transmit < 86_400_000));

    [Fact]
    public void A_neighbour_is_found_by_ARP_and_by_neighbour_discovery()
    {
        using var pair = LabPair.Create();
        var hardware = TestPackets.HardwareAddress(pair.Target, "eth0");
        pair.Scanner.Run(() =>
        {
            using var exchange = new PacketExchange(TestPackets.Address("198.18.0.2"), hardware);
            Span<byte> frame = stackalloc byte[EthernetWriter.Length + ArpPacket.Length];
            EthernetWriter.Write(frame, MacAddress.Broadcast, exchange.OurHardware, EtherType.Arp);
            ArpWriter.WriteRequest(
                frame[EthernetWriter.Length..], exchange.OurHardware, exchange.Source, TestPackets.Address("198.18.0.2"));
            exchange.SendFrame(frame.ToArray());
            exchange.AwaitFrame(received => EthernetFrame.TryRead(received, out var ethernet) && ethernet.Type == EtherType.Arp
                && ArpPacket.TryRead(ethernet.Payload, out var arp) && arp.Operation == ArpOperation.Reply
                && arp.SenderAddress == TestPackets.Address("198.18.0.2") && arp.SenderHardwareAddress == hardware);

            var target = TestPackets.Address("2001:db8::2");
            var multicast = NeighbourDiscoveryWriter.SolicitedNodeAddress(target);
            using var exchange6 = new PacketExchange(
                target, NeighbourDiscoveryWriter.MulticastHardwareAddress(multicast), multicast, NeighbourDiscoveryWriter.HopLimit);
            exchange6.Ask(
                IpProtocol.Icmpv6,
                (upper, source, destination) =>
                    NeighbourDiscoveryWriter.WriteSolicitation(upper, source, destination, target, exchange6.OurHardware),
                (source, protocol, upper) => Icmpv6Message.TryRead(upper, out var message) && message.IsNeighbourMessage
                    && message.Type == Icmpv6Type.NeighbourAdvertisement && message.NeighbourTarget == target
                    && message.NeighbourFlags.HasFlag(NeighbourFlags.Solicited) && message.HasValidChecksum(source, exchange6.Source)
                    && message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.TargetLinkLayerAddress, out var found)
                    && found == hardware);
        });
    }

    [Fact]
    public void Our_Linux_like_SYN_has_the_options_of_the_kernels_own_in_their_order() =>
        Run("198.18.0.2", static (exchange, destination) =>
    {
        List<TcpOptionKind> theirs = [];
        exchange.Target.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            try
            {
                socket.Connect(IPAddress.Parse("198.18.0.1"), 5000);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // Under way.
            }
        });
        exchange.Await((source, protocol, upper) =>
        {
            if (source != destination || protocol != IpProtocol.Tcp || !TcpSegment.TryRead(upper, out var segment)
                || segment.Flags != TcpFlags.Syn)
            {
                return false;
            }

            theirs = Kinds(segment.Options);
            return true;
        });
        var bytes = new byte[40];
        Span<byte> options = stackalloc byte[20];
        TcpOptionsWriter.WriteLinuxSyn(options, 1460, 1);
        TcpWriter.Write(bytes, destination, destination, default, options);
        Assert.True(TcpSegment.TryRead(bytes, out var ours));
        Assert.Equal(theirs, Kinds(ours.Options));
    });

    private static List<TcpOptionKind> Kinds(TcpOptions options)
    {
        List<TcpOptionKind> kinds = [];
        foreach (var option in options)
        {
            kinds.Add(option.Kind);
        }

        return kinds;
    }

    private static int WriteSyn(
        Span<byte> upper, InternetAddress source, InternetAddress destination, ushort sourcePort, ushort destinationPort) =>
        TcpWriter.Write(
            upper, source, destination,
            new TcpHeader(new PortNumber(sourcePort), new PortNumber(destinationPort), 1000, 0, TcpFlags.Syn, 1024));

    private static bool Quotes(ReadOnlySpan<byte> quoted, InternetAddress destination) =>
        QuotedPacket.TryRead(quoted, out var packet) && packet.Destination == destination && packet.Protocol == IpProtocol.Udp
        && packet.SourcePort.Value == 4000 && packet.DestinationPort.Value == 9;

    private static void Run(string target, Action<PacketExchange, InternetAddress> body)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        var destination = TestPackets.Address(target);
        var hardware = TestPackets.HardwareAddress(pair.Target, "eth0");
        pair.Scanner.Run(() =>
        {
            using var exchange = new PacketExchange(destination, hardware) { Target = pair.Target };
            body(exchange, destination);
        });
    }

    /// <summary>Sends single packets over a packet link and waits for what comes back.</summary>
    private sealed class PacketExchange : IDisposable
    {
        private readonly KernelNetwork _network = new(TimeProvider.System);
        private readonly IPacketLink _link;
        private readonly IFrameSender _sender;
        private readonly IFrameReceiver _receiver;
        private readonly InternetAddress _destination;
        private readonly MacAddress _hardware;
        private readonly byte _hops;

        internal PacketExchange(InternetAddress target, MacAddress hardware, InternetAddress? destination = null, byte hops = 64)
        {
            var route = _network.FindRoute(target).Route!;
            _destination = destination ?? target;
            _hardware = hardware;
            _hops = hops;
            Source = route.Source;
            _link = _network.Open(route);
            _receiver = _link.OpenReceiver(TestPackets.FilterFor(Source));
            _sender = _link.OpenSender();
        }

        internal InternetAddress Source { get; }

        internal LabHost Target { get; init; } = null!;

        internal MacAddress OurHardware => _link.HardwareAddress;

        public void Dispose()
        {
            _sender.Dispose();
            _receiver.Dispose();
            _link.Dispose();
            _network.Dispose();
        }

        internal void Ask(IpProtocol protocol, Writer writer, Reader isAnswer)
        {
            Send(protocol, writer);
            Await(isAnswer);
        }

        internal void Send(IpProtocol protocol, Writer writer)
        {
            var packet = new byte[200];
            var header = Source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
            var length = writer(packet.AsSpan(header), Source, _destination);
            _ = Source.IsIPv4
                ? Ipv4Writer.Write(packet, Source, _destination, protocol, length, _hops)
                : Ipv6Writer.Write(packet, Source, _destination, protocol, length, _hops);
            SendFrame(TestPackets.Frame(packet[..(header + length)], _hardware, OurHardware));
        }

        internal void SendFrame(byte[] frame) => Assert.Equal(1, TestPackets.Send(_sender, frame).Sent);

        internal void Await(Reader isAnswer) => AwaitFrame(frame =>
        {
            if (!EthernetFrame.TryRead(frame, out var ethernet))
            {
                return false;
            }

            // The kernel computes the checksum of an IPv4 header itself, whatever the device could do.
            return Ipv4Packet.TryRead(ethernet.Payload, out var v4)
                ? v4.HasValidChecksum && isAnswer(v4.Source, v4.Protocol, v4.Payload)
                : Ipv6Packet.TryRead(ethernet.Payload, out var v6) && isAnswer(v6.Source, v6.Protocol, v6.Payload);
        });

        internal void AwaitFrame(Predicate<byte[]> isAnswer)
        {
            var collector = new FrameCollector();
            Assert.True(
                collector.ReceiveUntil(_receiver, () => collector.Frames.Exists(isAnswer)),
                "no such answer among: "
                    + string.Join(
                        Environment.NewLine, collector.Frames.ConvertAll(static frame => PacketText.Describe(frame, LinkLayer.Ethernet))));
        }
    }
}
