using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Packets;

namespace Portolan.Kernel.Tests.Packets;

/// <summary>Another dissector reads what we write: packets, payloads and the capture file itself.</summary>
public sealed class TsharkTests
{
    [Fact]
    public void Tshark_finds_no_fault_in_any_frame_and_every_checksum_right()
    {
        var frames = PacketSamples.All();
        string[] fields = [
            "frame.time_epoch", "frame.interface_name", "_ws.malformed", "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status",
            "icmp.checksum.status", "icmpv6.checksum.status"];
        var rows = Tshark.Dissect(frames.ConvertAll(static frame => ((byte[])frame, LinkLayer.Ethernet)), fields);
        Assert.Equal(frames.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal("1700000000.123456700", rows[i][0]);
            Assert.Equal("lab0", rows[i][1]);
            Assert.Equal("", rows[i][2]);

            // 1 is good; a quoted packet has a status too, which may be "unverified" (2) for it was cut. ARP has none.
            Assert.All(rows[i].Skip(3), static status => Assert.Contains(status, (string[])["", "1", "1,1", "1,2", "1,"]));
            Assert.True(
                EthernetFrame.TryRead(frames[i], out var frame)
                    && (frame.Type == EtherType.Arp || rows[i].Skip(3).Contains("1") || rows[i].Skip(3).Contains("1,1")));
        }
    }

    [Fact]
    public void Tshark_knows_every_payload_as_its_protocol()
    {
        var payloads = new UdpPayloads(4711);
        var sent = new List<(byte[] Packet, LinkLayer Layer)>();
        var expected = new List<string>();
        foreach (var (port, protocol) in ((int, string)[])[
            (7, "echo"), (53, "dns"), (69, "tftp"), (88, "kerberos"), (111, "rpc"), (123, "ntp"), (137, "nbns"), (161, "snmp"),
            (177, "xdmcp"), (389, "cldap"), (443, "quic"), (500, "isakmp"),
            (520, "rip"), (623, "rmcp"), (1194, "openvpn"), (1701, "l2tp"), (1900, "ssdp"), (2049, "rpc"), (3478, "stun"), (4500, "isakmp"),
            (5060, "sip"), (5351, "portcontrol"), (5353, "mdns"),
            (5683, "coap"), (5684, "dtls"), (11211, "memcache"), (44818, "enip"), (47808, "bacapp")])
        {
            foreach (var payload in payloads.AllFor(new PortNumber((ushort)port)))
            {
                sent.Add((Datagram(40000 + sent.Count, port, payload.Message.Span), LinkLayer.Ip));
                expected.Add(protocol);
            }
        }

        var rows = Tshark.Dissect(sent, ["frame.protocols", "_ws.malformed", "udp.checksum.status"]);
        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Contains(expected[i], rows[i][0].Split(':'));
            Assert.True(rows[i][1].Length == 0, $"{expected[i]}: {rows[i][1]}");
            Assert.Equal("1", rows[i][2]);
        }
    }

    // Each from a port of its own: a dissector takes what follows a TFTP request for its answer.
    private static byte[] Datagram(int sourcePort, int port, ReadOnlySpan<byte> payload)
    {
        var packet = new byte[1500];
        var length = UdpWriter.Write(
            packet.AsSpan(Ipv4Writer.Length), PacketSamples.Ours, PacketSamples.Theirs, new PortNumber((ushort)sourcePort),
            new PortNumber((ushort)port), payload);
        Ipv4Writer.Write(packet, PacketSamples.Ours, PacketSamples.Theirs, IpProtocol.Udp, length);
        return packet[..(Ipv4Writer.Length + length)];
    }
}
