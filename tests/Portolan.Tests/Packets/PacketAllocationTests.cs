using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>What runs for each packet allocates nothing.</summary>
public sealed class PacketAllocationTests
{
    [Fact]
    public void Reading_a_reply_through_all_its_views()
    {
        var frames = PacketSamples.All();
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            foreach (var frame in frames)
            {
                Read(frame);
            }
        }));
    }

    [Fact]
    public void Writing_a_probe_of_each_kind()
    {
        var frame = new byte[200];
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            Span<byte> options = stackalloc byte[20];
            var packet = frame.AsSpan(EthernetWriter.Write(
                frame, PacketSamples.TheirHardwareAddress, PacketSamples.OurHardwareAddress, EtherType.Ipv4));
            var length = TcpWriter.Write(
                packet[20..],
                PacketSamples.Ours,
                PacketSamples.Theirs,
                new TcpHeader(new PortNumber(40000), new PortNumber(80), 1, 0, TcpFlags.Syn, 1024),
                options[..TcpOptionsWriter.WriteLinuxSyn(options, 1460, 1)]);
            Ipv4Writer.Write(packet, PacketSamples.Ours, PacketSamples.Theirs, IpProtocol.Tcp, length);
            length = UdpWriter.Write(
                packet[40..], PacketSamples.Ours6, PacketSamples.Theirs6, new PortNumber(40000), new PortNumber(53), options);
            Ipv6Writer.Write(packet, PacketSamples.Ours6, PacketSamples.Theirs6, IpProtocol.Udp, length);
            IcmpWriter.WriteEchoRequest(packet, 1, 2, options);
            IcmpWriter.WriteTimestampRequest(packet, 1, 2);
            Icmpv6Writer.WriteEchoRequest(packet, PacketSamples.Ours6, PacketSamples.Theirs6, 1, 2, options);
            NeighbourDiscoveryWriter.WriteSolicitation(
                packet, PacketSamples.Ours6, PacketSamples.Theirs6, PacketSamples.Theirs6, PacketSamples.OurHardwareAddress);
            ArpWriter.WriteRequest(packet, PacketSamples.OurHardwareAddress, PacketSamples.Ours, PacketSamples.Theirs);
            DnsWriter.TryWriteQuery(packet, 1, "www.example.com", DnsType.A, out _);
        }));
    }

    [Fact]
    public void Reading_every_option_extension_header_and_membership()
    {
        var packets = StackSamples.All().ConvertAll(static frame => frame[EthernetWriter.Length..]);
        var seen = 0;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            foreach (var packet in packets)
            {
                if (Ipv4Packet.TryRead(packet, out var v4))
                {
                    seen += TcpSegment.TryRead(v4.Payload, out var tcp) ? (int)tcp.Options.Read().Present : 0;
                    seen += IgmpMessage.TryRead(v4.Payload, out var igmp) ? igmp.Records.Count : 0;
                }
                else if (Ipv6Packet.TryRead(packet, out var v6))
                {
                    foreach (var header in v6.Extensions)
                    {
                        seen += header.TryReadOptions(out _) ? 1 : 0;
                    }

                    seen += MldMessage.TryRead(v6.Payload, out var mld) ? mld.Records.Count : 0;
                }
            }
        }));
        Assert.True(seen > 0);
    }

    private static void Read(ReadOnlySpan<byte> bytes)
    {
        if (!EthernetFrame.TryRead(bytes, out var frame))
        {
            return;
        }

        if (Ipv4Packet.TryRead(frame.Payload, out var v4))
        {
            Read(v4.Source, v4.Destination, v4.Protocol, v4.Payload);
        }
        else if (Ipv6Packet.TryRead(frame.Payload, out var v6))
        {
            Read(v6.Source, v6.Destination, v6.Protocol, v6.Payload);
        }
    }

    private static void Read(InternetAddress source, InternetAddress destination, IpProtocol protocol, ReadOnlySpan<byte> bytes)
    {
        var known = protocol switch
        {
            IpProtocol.Tcp =>
                TcpSegment.TryRead(bytes, out var tcp) && tcp.HasValidChecksum(source, destination) && tcp.Options.SackBlocks.Count == 0
                && (tcp.Options.MaximumSegmentSize ?? 1) > 0,
            IpProtocol.Udp => UdpDatagram.TryRead(bytes, out var udp) && udp.HasValidChecksum(source, destination)
                && DnsMessage.TryRead(udp.Payload, out var dns) && dns.TryReadQuestion(out var question) && question.Name.Is("example.com"),
            IpProtocol.Icmp => IcmpMessage.TryRead(bytes, out var icmp) && icmp.HasValidChecksum
                && QuotedPacket.TryRead(icmp.Quoted, out var quoted) == icmp.IsError && (!icmp.IsError || quoted.HasSequence),
            IpProtocol.Icmpv6 => Icmpv6Message.TryRead(bytes, out var icmpv6) && icmpv6.HasValidChecksum(source, destination),
            _ => false,
        };
        if (!known)
        {
            throw new InvalidOperationException($"{protocol} of {bytes.Length} bytes was not read");
        }
    }
}
