using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Packets;

/// <summary>One whole frame of each kind that a scan sends or receives.</summary>
internal static class PacketSamples
{
    internal static readonly MacAddress OurHardwareAddress = new(0x0200_0000_0001);
    internal static readonly MacAddress TheirHardwareAddress = new(0x0200_0000_0002);
    internal static readonly InternetAddress Ours = InternetAddress.FromIPv4(0xc6120001);
    internal static readonly InternetAddress Theirs = InternetAddress.FromIPv4(0xc6120002);
    internal static readonly InternetAddress Ours6 = Parse("2001:db8::1");
    internal static readonly InternetAddress Theirs6 = Parse("2001:db8::2");

    private delegate int Writer(Span<byte> destination, InternetAddress source, InternetAddress target);

    internal static List<byte[]> All()
    {
        var frames = new List<byte[]> { Arp(ArpOperation.Request), Arp(ArpOperation.Reply) };
        foreach (var (ours, theirs) in ((InternetAddress, InternetAddress)[])[(Ours, Theirs), (Ours6, Theirs6)])
        {
            frames.Add(Packet(ours, theirs, IpProtocol.Tcp, Syn));
            frames.Add(Packet(theirs, ours, IpProtocol.Tcp, SynAck));
            frames.Add(Packet(theirs, ours, IpProtocol.Tcp, Reset));
            frames.Add(Packet(ours, theirs, IpProtocol.Udp, Question));
        }

        var probe4 = frames[2].AsSpan(EthernetWriter.Length).ToArray();
        var probe6 = frames[6].AsSpan(EthernetWriter.Length).ToArray();
        frames.Add(Packet(Ours, Theirs, IpProtocol.Icmp, static (d, _, _) => IcmpWriter.WriteEchoRequest(d, 17, 1)));
        frames.Add(Packet(Theirs, Ours, IpProtocol.Icmp, static (d, _, _) => IcmpWriter.WriteEchoReply(d, 17, 1)));
        frames.Add(Packet(Ours, Theirs, IpProtocol.Icmp, static (d, _, _) => IcmpWriter.WriteTimestampRequest(d, 17, 1)));
        frames.Add(Packet(Theirs, Ours, IpProtocol.Icmp, static (d, _, _) => IcmpWriter.WriteTimestampReply(d, 17, 1, 2, 3, 4)));
        frames.Add(Packet(
            Theirs, Ours, IpProtocol.Icmp, (d, _, _) => IcmpWriter.WriteUnreachable(d, IcmpUnreachableCode.Port, probe4.AsSpan(0, 28))));
        frames.Add(Packet(Theirs, Ours, IpProtocol.Icmp, (d, _, _) => IcmpWriter.Write(d, IcmpType.TimeExceeded, 0, 0, probe4)));
        frames.Add(Packet(Theirs, Ours, IpProtocol.Icmp, (d, _, _) => IcmpWriter.Write(d, IcmpType.Redirect, 1, 0xc6120003, probe4)));
        frames.Add(Packet(Ours6, Theirs6, IpProtocol.Icmpv6, static (d, s, t) => Icmpv6Writer.WriteEchoRequest(d, s, t, 17, 1)));
        frames.Add(Packet(Theirs6, Ours6, IpProtocol.Icmpv6, static (d, s, t) => Icmpv6Writer.WriteEchoReply(d, s, t, 17, 1)));
        frames.Add(Packet(
            Theirs6, Ours6, IpProtocol.Icmpv6,
            (d, s, t) => Icmpv6Writer.WriteUnreachable(d, s, t, Icmpv6UnreachableCode.AdministrativelyProhibited, probe6)));
        frames.Add(Packet(
            Ours6,
            NeighbourDiscoveryWriter.SolicitedNodeAddress(Theirs6),
            IpProtocol.Icmpv6,
            static (d, s, t) => NeighbourDiscoveryWriter.WriteSolicitation(d, s, t, Theirs6, OurHardwareAddress),
            hops: NeighbourDiscoveryWriter.HopLimit));
        frames.Add(Packet(
            Theirs6,
            Ours6,
            IpProtocol.Icmpv6,
            static (d, s, t) => NeighbourDiscoveryWriter.WriteAdvertisement(d, s, t, Theirs6, TheirHardwareAddress),
            hops: NeighbourDiscoveryWriter.HopLimit));
        return frames;
    }

    private static byte[] Arp(ArpOperation operation)
    {
        var frame = new byte[60];
        EthernetWriter.Write(frame, MacAddress.Broadcast, OurHardwareAddress, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(EthernetWriter.Length), operation, OurHardwareAddress, Ours, default, Theirs);
        return frame;
    }

    private static byte[] Packet(InternetAddress source, InternetAddress destination, IpProtocol protocol, Writer writer, byte hops = 64)
    {
        var frame = new byte[600];
        EthernetWriter.Write(frame, TheirHardwareAddress, OurHardwareAddress, source.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var packet = frame.AsSpan(EthernetWriter.Length);
        var headerLength = source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var length = writer(packet[headerLength..], source, destination);
        _ = source.IsIPv4
            ? Ipv4Writer.Write(packet, source, destination, protocol, length, hops, identification: 1)
            : Ipv6Writer.Write(packet, source, destination, protocol, length, hops);
        return frame[..(EthernetWriter.Length + headerLength + length)];
    }

    private static int Syn(Span<byte> destination, InternetAddress source, InternetAddress target)
    {
        Span<byte> options = stackalloc byte[4];
        return TcpWriter.Write(
            destination,
            source,
            target,
            new TcpHeader(new PortNumber(40000), new PortNumber(80), 1, 0, TcpFlags.Syn, 1024),
            options[..TcpOptionsWriter.WriteMinimalSyn(options, 1460)]);
    }

    private static int SynAck(Span<byte> destination, InternetAddress source, InternetAddress target)
    {
        Span<byte> options = stackalloc byte[20];
        return TcpWriter.Write(
            destination,
            source,
            target,
            new TcpHeader(new PortNumber(80), new PortNumber(40000), 7, 2, TcpFlags.Syn | TcpFlags.Ack, 64240),
            options[..TcpOptionsWriter.WriteLinuxSyn(options, 1460, 9)]);
    }

    private static int Reset(Span<byte> destination, InternetAddress source, InternetAddress target) =>
        TcpWriter.Write(
            destination, source, target, new TcpHeader(new PortNumber(81), new PortNumber(40000), 0, 2, TcpFlags.Rst | TcpFlags.Ack, 0));

    private static int Question(Span<byte> destination, InternetAddress source, InternetAddress target)
    {
        Span<byte> query = stackalloc byte[512];
        Assert.True(DnsWriter.TryWriteQuery(query, 1, "example.com", DnsType.A, out var length));
        return UdpWriter.Write(destination, source, target, new PortNumber(40000), new PortNumber(53), query[..length]);
    }

    private static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
