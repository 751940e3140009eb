using System.Buffers.Binary;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>Reads frames that come from the target: answers, and packets that it forwards.</summary>
internal static class WireReader
{
    /// <summary>The tag of an IP packet: IPv4 identification, or the lower half of the flow label.</summary>
    internal static int Tag(ReadOnlySpan<byte> ip) =>
        ip.Length < 20 || ip[0] >> 4 is not (4 or 6)
            ? 0
            : ip[0] >> 4 == 4 ? BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) : BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);

    /// <summary>The protocol of an IP packet that has a tag.</summary>
    internal static byte Protocol(ReadOnlySpan<byte> ip) => ip[0] >> 4 == 4 ? ip[9] : ip[6];

    /// <summary>Destination address and port of an IP packet, from its headers as the trace has them.</summary>
    internal static (InternetAddress Source, InternetAddress Destination, ushort Port) Ends(
        ReadOnlySpan<byte> ip, ReadOnlySpan<byte> transport)
    {
        var is4 = ip[0] >> 4 == 4;
        var source = InternetAddress.FromBytes(is4 ? ip[12..16] : ip[8..24]);
        var destination = InternetAddress.FromBytes(is4 ? ip[16..20] : ip[24..40]);
        var port = Protocol(ip) is 6 or 17 && transport.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(transport[2..]) : (ushort)0;
        return (source, destination, port);
    }

    /// <summary>What a packet that came back is, and the key of what it answers.</summary>
    internal static bool TryReadReply(ReadOnlySpan<byte> ip, out ReplyKey key, out WireReply reply)
    {
        (key, reply) = (default, default);
        if (ip.Length < 28 || ip[0] >> 4 is not (4 or 6) || (ip[0] >> 4 == 6 && ip.Length < 48))
        {
            return false;
        }

        var is4 = ip[0] >> 4 == 4;
        var protocol = Protocol(ip);
        var body = ip[(is4 ? (ip[0] & 15) * 4 : 40)..];
        if (body.Length < 8)
        {
            return false;
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        switch (protocol)
        {
            case 6 when body.Length >= 20:
                var flags = body[13];
                key = new ReplyKey(protocol, port);
                reply = new WireReply(
                    (flags & 4) != 0 ? WireReplyKind.Reset : (flags & 0x12) == 0x12 ? WireReplyKind.SynAck : WireReplyKind.Segment);
                return true;
            case 17:
                key = new ReplyKey(protocol, port);
                reply = new WireReply(WireReplyKind.Datagram);
                return true;
            case 1 when body[0] == 0:
            case 58 when body[0] == 129:
                key = new ReplyKey(protocol, BinaryPrimitives.ReadUInt16BigEndian(body[4..]));
                reply = new WireReply(WireReplyKind.EchoReply);
                return true;
            case 1 when body[0] is 3 or 11 or 12:
            case 58 when body[0] is 1 or 3 or 4:
                key = new ReplyKey(0, (ushort)Tag(body[8..]));
                reply = new WireReply(WireReplyKind.IcmpError, body[0], body[1]);
                return true;
            default:
                return false;
        }
    }
}

/// <summary>
/// How an answer is matched to its packet: by the port or echo identifier, or for protocol 0 by the tag of the quoted packet.
/// </summary>
internal readonly record struct ReplyKey(byte Protocol, ushort Value);
