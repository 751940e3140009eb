using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Packets;

public sealed class QuotedPacketTests
{
    private static readonly InternetAddress Source = InternetAddress.FromIPv4(0xc6120001);
    private static readonly InternetAddress Destination = InternetAddress.FromIPv4(0xc6120002);

    [Fact]
    public void Twenty_eight_bytes_are_enough_for_ports_and_sequence_number()
    {
        var error = new byte[IcmpMessage.HeaderLength + 28];
        IcmpWriter.WriteUnreachable(error, IcmpUnreachableCode.AdministrativelyProhibited, Syn(Ipv4Writer.Length).AsSpan(0, 28));
        Assert.True(IcmpMessage.TryRead(error, out var message));
        Assert.True(message.IsError && message.HasValidChecksum);
        Assert.Equal((IcmpType.DestinationUnreachable, (byte)13), (message.Type, message.Code));
        Assert.False(Ipv4Packet.TryRead(message.Quoted, out _));
        Assert.True(QuotedPacket.TryRead(message.Quoted, out var quoted));
        Assert.Equal((Source, Destination, IpProtocol.Tcp), (quoted.Source, quoted.Destination, quoted.Protocol));
        Assert.True(quoted.HasPorts && quoted.HasSequence && !quoted.HasEcho);
        Assert.Equal((40000, 443, 0xdeadbeefu), (quoted.SourcePort.Value, quoted.DestinationPort.Value, quoted.Sequence));
        Assert.Equal((ushort)4711, quoted.Identification);
    }

    [Theory]
    [InlineData(20, false, false)]
    [InlineData(23, false, false)]
    [InlineData(24, true, false)]
    [InlineData(27, true, false)]
    [InlineData(28, true, true)]
    public void What_is_not_there_is_not_made_up(int length, bool ports, bool sequence)
    {
        Assert.True(QuotedPacket.TryRead(Syn(Ipv4Writer.Length).AsSpan(0, length), out var quoted));
        Assert.Equal((ports, sequence), (quoted.HasPorts, quoted.HasSequence));
        Assert.Equal(ports ? 40000 : 0, quoted.SourcePort.Value);
        Assert.Equal(sequence ? 0xdeadbeef : 0, quoted.Sequence);
    }

    [Fact]
    public void A_later_fragment_has_no_ports()
    {
        var packet = Syn(Ipv4Writer.Length);
        packet[7] = 1;
        Assert.True(QuotedPacket.TryRead(packet, out var quoted));
        Assert.False(quoted.HasPorts);
        Assert.True(quoted.Payload.IsEmpty);
    }

    [Fact]
    public void IPv6_with_extension_headers_is_read_as_far_as_it_goes()
    {
        var packet = new byte[Ipv6Writer.Length + 8 + 20];
        Ipv6Writer.Write(packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, IpProtocol.DestinationOptions, 28);
        packet[40] = (byte)IpProtocol.Tcp;
        packet[48] = 0x9c;
        packet[49] = 0x40;
        Assert.True(QuotedPacket.TryRead(packet.AsSpan(0, 56), out var quoted));
        Assert.Equal((IpProtocol.Tcp, 40000, true), (quoted.Protocol, quoted.SourcePort.Value, quoted.HasSequence));
        Assert.True(QuotedPacket.TryRead(packet.AsSpan(0, 44), out quoted));
        Assert.Equal((IpProtocol.DestinationOptions, false), (quoted.Protocol, quoted.HasPorts));
        Assert.False(QuotedPacket.TryRead(packet.AsSpan(0, 39), out _));
    }

    [Fact]
    public void The_extensions_of_RFC_4884_are_no_part_of_the_quote()
    {
        var error = new byte[200];
        var body = new byte[128 + 12];
        Syn(Ipv4Writer.Length).CopyTo(body, 0);
        body[128] = 0x20;
        var length = IcmpWriter.Write(error, IcmpType.TimeExceeded, 0, 32 << 16, body);
        Assert.True(IcmpMessage.TryRead(error.AsSpan(0, length), out var message));
        Assert.Equal(128, message.Quoted.Length);
        Assert.True(QuotedPacket.TryRead(message.Quoted, out var quoted));
        Assert.Equal(40000, quoted.SourcePort.Value);
    }

    [Fact]
    public void A_quoted_ping_is_known_by_its_identifier()
    {
        var packet = new byte[28];
        IcmpWriter.WriteEchoRequest(packet.AsSpan(20), 17, 18);
        Ipv4Writer.Write(packet, Source, Destination, IpProtocol.Icmp, 8);
        Assert.True(QuotedPacket.TryRead(packet, out var quoted));
        Assert.Equal((true, (ushort)17, (ushort)18), (quoted.HasEcho, quoted.EchoIdentifier, quoted.EchoSequenceNumber));
    }

    private static byte[] Syn(int headerLength)
    {
        var packet = new byte[headerLength + 20];
        TcpWriter.Write(
            packet.AsSpan(headerLength), Source, Destination,
            new TcpHeader(new PortNumber(40000), new PortNumber(443), 0xdeadbeef, 0, TcpFlags.Syn, 1024));
        Ipv4Writer.Write(packet, Source, Destination, IpProtocol.Tcp, 20, identification: 4711);
        return packet;
    }
}
