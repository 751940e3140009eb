using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Connections;

/// <summary>Writes a TCP connection as connection tracking is notified of it (linux/netfilter/nfnetlink_conntrack.h).</summary>
internal static class ConnectionRecord
{
    private const byte IPv4 = 2;
    private const byte IPv6 = 10;
    private const ushort TupleOriginal = 1; // CTA_TUPLE_ORIG
    private const ushort TupleReply = 2; // CTA_TUPLE_REPLY

    /// <summary>The family's number.</summary>
    public static byte Family(InternetAddress address) => address.IsIPv4 ? IPv4 : IPv6;

    /// <summary>Only how its replies look, which is enough to ask for it.</summary>
    public static ReadOnlySpan<byte> Reply(InternetAddress from, ushort fromPort, InternetAddress to, ushort toPort)
    {
        var writer = new NetlinkWriter(128);
        Tuple(writer, TupleReply, from, fromPort, to, toPort);
        return writer.Bytes;
    }

    /// <summary>
    /// An established connection without translation, whose sequence numbers are taken as they come: nobody has seen its beginning.
    /// </summary>
    public static ReadOnlySpan<byte> Established(InternetAddress from, ushort fromPort, InternetAddress to, ushort toPort)
    {
        const ushort Status = 3; // CTA_STATUS
        const ushort ProtocolInfo = 4; // CTA_PROTOINFO
        const ushort Timeout = 7; // CTA_TIMEOUT
        const uint SeenBothWays = 2 | 4 | 8; // IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED
        const uint FiveDays = 432_000; // what nf_conntrack_proto_tcp.c gives an established connection
        const byte StateEstablished = 3; // TCP_CONNTRACK_ESTABLISHED
        ReadOnlySpan<byte> liberal = [8, 8]; // IP_CT_TCP_FLAG_BE_LIBERAL, and that as the mask
        var writer = new NetlinkWriter(256);
        Tuple(writer, TupleOriginal, from, fromPort, to, toPort);
        Tuple(writer, TupleReply, to, toPort, from, fromPort);
        writer.BigEndian32(Status, SeenBothWays);
        writer.BigEndian32(Timeout, FiveDays);
        var info = writer.BeginNest(ProtocolInfo);
        var tcp = writer.BeginNest(1); // CTA_PROTOINFO_TCP
        writer.Byte(1, StateEstablished); // CTA_PROTOINFO_TCP_STATE
        writer.Data(4, liberal); // CTA_PROTOINFO_TCP_FLAGS_ORIGINAL
        writer.Data(5, liberal); // CTA_PROTOINFO_TCP_FLAGS_REPLY
        writer.EndNest(tcp);
        writer.EndNest(info);
        return writer.Bytes;
    }

    private static void Tuple(NetlinkWriter writer, ushort type, InternetAddress from, ushort fromPort, InternetAddress to, ushort toPort)
    {
        Span<byte> bytes = stackalloc byte[16];
        var tuple = writer.BeginNest(type);
        var addresses = writer.BeginNest(1); // CTA_TUPLE_IP
        writer.Data(from.IsIPv4 ? (ushort)1 : (ushort)3, bytes[..from.WriteBytes(bytes)]); // CTA_IP_V4_SRC, CTA_IP_V6_SRC
        writer.Data(to.IsIPv4 ? (ushort)2 : (ushort)4, bytes[..to.WriteBytes(bytes)]); // CTA_IP_V4_DST, CTA_IP_V6_DST
        writer.EndNest(addresses);
        var protocol = writer.BeginNest(2); // CTA_TUPLE_PROTO
        writer.Byte(1, (byte)TransportProtocol.Tcp); // CTA_PROTO_NUM
        writer.BigEndian16(2, fromPort); // CTA_PROTO_SRC_PORT
        writer.BigEndian16(3, toPort); // CTA_PROTO_DST_PORT
        writer.EndNest(protocol);
        writer.EndNest(tuple);
    }
}
