using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Packets;

public sealed class PacketRoundTripTests
{
    private static readonly Gen<byte[]> Payloads = Gen.Choose(0, 255).Select(static value => (byte)value).ArrayOf().Resize(60);

    private static readonly Gen<InternetAddress> IPv4 =
        Gen.Choose(int.MinValue, int.MaxValue).Select(static bits => InternetAddress.FromIPv4((uint)bits));

    private static readonly Gen<InternetAddress> IPv6 =
        Gen.Choose(0, 255).Select(static value => (byte)value).ArrayOf(16).Select(static bytes => InternetAddress.FromBytes(bytes));

    private static readonly Gen<MacAddress> HardwareAddresses =
        Gen.Choose(0, 255).Select(static value => (byte)value).ArrayOf(6).Select(static bytes => MacAddress.FromBytes(bytes));

    private static Gen<uint> Words => Gen.Choose(int.MinValue, int.MaxValue).Select(static value => (uint)value);

    private static Gen<ushort> Halves => Gen.Choose(0, 65535).Select(static value => (ushort)value);

    private static Gen<(InternetAddress Source, InternetAddress Destination)> Pairs =>
        Gen.OneOf(IPv4.Two(), IPv6.Two()).Select(static pair => (pair.Item1, pair.Item2));

    [Fact]
    public void A_frame_with_or_without_a_tag() => Verify(
        from addresses in HardwareAddresses.Two()
        from vlan in Halves
        from tagged in Gen.Elements(
            true, false)
        from payload in Payloads
        select (addresses, vlan, tagged, payload),
        static value =>
        {
            var (addresses, vlan, tagged, payload) = value;
            var bytes = new byte[100];
            var length = tagged
                ? EthernetWriter.WriteTagged(bytes, addresses.Item1, addresses.Item2, vlan, EtherType.Ipv6)
                : EthernetWriter.Write(bytes, addresses.Item1, addresses.Item2, EtherType.Ipv6);
            payload.CopyTo(bytes, length);
            Assert.True(EthernetFrame.TryRead(bytes.AsSpan(0, length + payload.Length), out var frame));
            Assert.Equal(addresses, (frame.Destination, frame.Source));
            Assert.Equal(EtherType.Ipv6, frame.Type);
            Assert.Equal(tagged ? (ushort)(vlan & 0xfff) : null, frame.VlanId);
            Assert.Equal(payload, frame.Payload);
        });

    [Fact]
    public void Two_tags_are_skipped()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 0, 0xee];
        Assert.True(EthernetFrame.TryRead(bytes, out var frame));
        Assert.Equal(EtherType.Ipv4, frame.Type);
        Assert.Equal((ushort)7, frame.VlanId);
        Assert.Equal([0xee], frame.Payload.ToArray());
        Assert.False(EthernetFrame.TryRead(bytes.AsSpan(0, 21), out _));
    }

    [Fact]
    public void An_ARP_packet() => Verify(
        from hardware in HardwareAddresses.Two()
        from addresses in IPv4.Two()
        from operation in Gen.Elements(
            ArpOperation.Request, ArpOperation.Reply)
        select (hardware, addresses, operation),
        static value =>
        {
            var bytes = new byte[60];
            var length = ArpWriter.Write(
                bytes, value.operation, value.hardware.Item1, value.addresses.Item1, value.hardware.Item2, value.addresses.Item2);
            Assert.Equal(28, length);
            Assert.True(ArpPacket.TryRead(bytes, out var arp));
            Assert.Equal(value.operation, arp.Operation);
            Assert.Equal(value.hardware, (arp.SenderHardwareAddress, arp.TargetHardwareAddress));
            Assert.Equal(value.addresses, (arp.SenderAddress, arp.TargetAddress));
        });

    [Fact]
    public void An_IPv4_packet_in_a_padded_frame() => Verify(
        from pair in IPv4.Two()
        from id in Halves
        from ttl in Halves
        from dont in Gen.Elements(
            true, false)
        from payload in Payloads
        select (pair, id, ttl, dont, payload),
        static value =>
        {
            var bytes = new byte[120];
            value.payload.CopyTo(bytes, Ipv4Writer.Length);
            Ipv4Writer.Write(
                bytes, value.pair.Item1, value.pair.Item2, IpProtocol.Tcp, value.payload.Length, (byte)value.ttl, value.id, value.dont,
                (byte)(value.id >> 3));
            Assert.True(Ipv4Packet.TryRead(bytes, out var packet));
            Assert.Equal((value.pair.Item1, value.pair.Item2), (packet.Source, packet.Destination));
            Assert.Equal(
                (IpProtocol.Tcp, (byte)value.ttl, value.id, value.dont),
                (packet.Protocol, packet.TimeToLive, packet.Identification, packet.DontFragment));
            Assert.Equal((byte)(value.id >> 3), packet.TypeOfService);
            Assert.False(packet.MoreFragments || packet.IsLaterFragment);
            Assert.True(packet.HasValidChecksum);
            Assert.Equal(value.payload, packet.Payload);
        });

    [Fact]
    public void An_IPv6_packet() => Verify(
        from pair in IPv6.Two() from flow in Words from limit in Halves from payload in Payloads select (pair, flow, limit, payload),
        static value =>
        {
            var bytes = new byte[120];
            value.payload.CopyTo(bytes, Ipv6Writer.Length);
            Ipv6Writer.Write(
                bytes, value.pair.Item1, value.pair.Item2, IpProtocol.Udp, value.payload.Length, (byte)value.limit, value.flow,
                (byte)(value.limit >> 8));
            Assert.True(Ipv6Packet.TryRead(bytes, out var packet));
            Assert.Equal((value.pair.Item1, value.pair.Item2), (packet.Source, packet.Destination));
            Assert.Equal((IpProtocol.Udp, (byte)value.limit, value.flow & 0xfffff), (packet.Protocol, packet.HopLimit, packet.FlowLabel));
            Assert.Equal((byte)(value.limit >> 8), packet.TrafficClass);
            Assert.Equal(value.payload, packet.Payload);
        });

    [Fact]
    public void A_TCP_segment() => Verify(
        from pair in Pairs
        from ports in Halves.Two()
        from numbers in Words.Two()
        from flags in Gen.Choose(0, 255)
        from window in Halves
        from options in Gen.Choose(0, 2)
        from payload in Payloads
        select (pair, ports, numbers, flags, window, options, payload),
        static value =>
        {
            Span<byte> options = stackalloc byte[40];
            options = options[..(value.options switch
            {
                0 => 0,
                1 => TcpOptionsWriter.WriteMinimalSyn(options, value.window),
                _ => TcpOptionsWriter.WriteLinuxSyn(options, value.window, value.numbers.Item1),
            })];
            var header = new TcpHeader(
                new PortNumber(value.ports.Item1), new PortNumber(value.ports.Item2), value.numbers.Item1, value.numbers.Item2,
                (TcpFlags)value.flags, value.window, 7);
            var bytes = new byte[120];
            var length = TcpWriter.Write(bytes, value.pair.Source, value.pair.Destination, header, options, value.payload);
            Assert.True(TcpSegment.TryRead(bytes.AsSpan(0, length), out var segment));
            Assert.Equal(
                header,
                new TcpHeader(
                    segment.SourcePort, segment.DestinationPort, segment.Sequence, segment.Acknowledgment, segment.Flags, segment.Window,
                    segment.UrgentPointer));
            Assert.Equal(options, segment.Options.Bytes);
            Assert.Equal(value.payload, segment.Payload);
            Assert.Equal(value.options == 0 ? null : value.window, segment.Options.MaximumSegmentSize);
            Assert.Equal(value.options == 2, segment.Options.SackPermitted);
            Assert.Equal(value.options == 2 ? (byte)7 : null, segment.Options.WindowScale);
            Assert.Equal(value.options == 2, segment.Options.TryReadTimestamps(out var timestamp, out var echo));
            Assert.Equal(value.options == 2 ? (value.numbers.Item1, 0u) : default, (timestamp, echo));
            Assert.True(segment.HasValidChecksum(value.pair.Source, value.pair.Destination));
            bytes[length - 1] ^= 0x10;
            Assert.False(segment.HasValidChecksum(value.pair.Source, value.pair.Destination));
        });

    [Fact]
    public void A_UDP_datagram_whose_checksum_is_never_none() => Verify(
        from pair in Pairs from ports in Halves.Two() from payload in Payloads select (pair, ports, payload),
        static value =>
        {
            var bytes = new byte[120];
            var length = UdpWriter.Write(
                bytes, value.pair.Source, value.pair.Destination, new PortNumber(value.ports.Item1), new PortNumber(value.ports.Item2),
                value.payload);
            Assert.True(UdpDatagram.TryRead(bytes, out var datagram));
            Assert.Equal((value.ports.Item1, value.ports.Item2), (datagram.SourcePort.Value, datagram.DestinationPort.Value));
            Assert.Equal(length, datagram.Length);
            Assert.Equal(value.payload, datagram.Payload);
            Assert.NotEqual(0, datagram.Checksum);
            Assert.True(datagram.HasValidChecksum(value.pair.Source, value.pair.Destination));
        });

    [Fact]
    public void A_UDP_checksum_that_comes_to_zero_is_sent_as_its_other_form()
    {
        var bytes = new byte[10];
        for (var word = 0; word <= 0xffff; word++)
        {
            UdpWriter.Write(
                bytes, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4, new PortNumber(1), new PortNumber(2),
                [(byte)(word >> 8), (byte)word]);
            Assert.True(UdpDatagram.TryRead(bytes, out var datagram));
            Assert.NotEqual(0, datagram.Checksum);
            Assert.True(datagram.HasValidChecksum(InternetAddress.AnyIPv4, InternetAddress.AnyIPv4));
        }
    }

    [Fact]
    public void A_ping_and_its_answer() => Verify(
        from pair in IPv6.Two()
        from numbers in Halves.Two()
        from reply in Gen.Elements(true, false)
        from payload in Payloads
        select (pair,
            numbers, reply, payload),
        static value =>
        {
            var (id, number) = value.numbers;
            var bytes = new byte[120];
            var length = value.reply
                ? IcmpWriter.WriteEchoReply(bytes, id, number, value.payload)
                : IcmpWriter.WriteEchoRequest(bytes, id, number, value.payload);
            Assert.True(IcmpMessage.TryRead(bytes.AsSpan(0, length), out var v4));
            Assert.Equal(
                (value.reply ? IcmpType.EchoReply : IcmpType.EchoRequest, (byte)0, id, number),
                (v4.Type, v4.Code, v4.Identifier, v4.SequenceNumber));
            Assert.True(v4.HasValidChecksum);
            Assert.False(v4.IsError);
            Assert.Equal(value.payload, v4.Payload);
            Assert.True(v4.Quoted.IsEmpty);

            length = value.reply
                ? Icmpv6Writer.WriteEchoReply(bytes, value.pair.Item1, value.pair.Item2, id, number, value.payload)
                : Icmpv6Writer.WriteEchoRequest(bytes, value.pair.Item1, value.pair.Item2, id, number, value.payload);
            Assert.True(Icmpv6Message.TryRead(bytes.AsSpan(0, length), out var v6));
            Assert.Equal(
                (value.reply ? Icmpv6Type.EchoReply : Icmpv6Type.EchoRequest, (byte)0, id, number),
                (v6.Type, v6.Code, v6.Identifier, v6.SequenceNumber));
            Assert.True(v6.HasValidChecksum(value.pair.Item1, value.pair.Item2));
            Assert.Equal(value.payload, v6.Payload);
            Assert.True(v6.Quoted.IsEmpty);
        });

    [Fact]
    public void The_time_is_asked_and_told()
    {
        var bytes = new byte[20];
        Assert.Equal(20, IcmpWriter.WriteTimestampRequest(bytes, 1, 2, 3));
        Assert.True(IcmpMessage.TryRead(bytes, out var message));
        Assert.True(message.TryReadTimestamps(out var originate, out var receive, out var transmit));
        Assert.Equal((IcmpType.TimestampRequest, 3u, 0u, 0u), (message.Type, originate, receive, transmit));
        Assert.True(message.HasValidChecksum);
        Assert.Equal(20, IcmpWriter.WriteTimestampReply(bytes, 1, 2, 3, 4, 5));
        Assert.True(IcmpMessage.TryRead(bytes, out message));
        Assert.True(message.TryReadTimestamps(out originate, out receive, out transmit));
        Assert.Equal((IcmpType.TimestampReply, 3u, 4u, 5u), (message.Type, originate, receive, transmit));
        Assert.True(IcmpMessage.TryRead(bytes.AsSpan(0, 19), out message));
        Assert.False(message.TryReadTimestamps(out _, out _, out _));
    }

    [Fact]
    public void A_neighbour_is_asked_for_and_answers() => Verify(
        from pair in IPv6.Two() from target in IPv6 from hardware in HardwareAddresses select (pair, target, hardware),
        static value =>
        {
            var bytes = new byte[32];
            var (source, destination) = value.pair;
            Assert.Equal(32, NeighbourDiscoveryWriter.WriteSolicitation(bytes, source, destination, value.target, value.hardware));
            Assert.True(Icmpv6Message.TryRead(bytes, out var message));
            Assert.Equal(
                (Icmpv6Type.NeighbourSolicitation, value.target, NeighbourFlags.None),
                (message.Type, message.NeighbourTarget, message.NeighbourFlags));
            Assert.True(message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.SourceLinkLayerAddress, out var hardware));
            Assert.Equal(value.hardware, hardware);
            Assert.True(message.HasValidChecksum(source, destination));

            Assert.Equal(32, NeighbourDiscoveryWriter.WriteAdvertisement(bytes, source, destination, value.target, value.hardware));
            Assert.True(Icmpv6Message.TryRead(bytes, out message));
            Assert.Equal(
                (Icmpv6Type.NeighbourAdvertisement, value.target, NeighbourFlags.Solicited | NeighbourFlags.Override),
                (message.Type, message.NeighbourTarget, message.NeighbourFlags));
            Assert.True(message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.TargetLinkLayerAddress, out hardware));
            Assert.Equal(value.hardware, hardware);
            Assert.False(message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.SourceLinkLayerAddress, out _));
        });

    [Fact]
    public void The_solicited_node_address_is_that_of_RFC_4291_and_its_frame_that_of_RFC_2464()
    {
        Assert.True(InternetAddress.TryParse("4037::1:800:200e:8c6c", out var target));
        var multicast = NeighbourDiscoveryWriter.SolicitedNodeAddress(target);
        Assert.Equal("ff02::1:ff0e:8c6c", multicast.ToString());
        Assert.Equal("33:33:ff:0e:8c:6c", NeighbourDiscoveryWriter.MulticastHardwareAddress(multicast).ToString());
    }

    private static void Verify<T>(Gen<T> values, Action<T> body) => Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(values), value =>
    {
        body(value);
        return true;
    }));
}
