using System.Text;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Tests.Scan.Payloads;

/// <summary>An answer of each protocol, written from its specification.</summary>
internal static class ProtocolReplies
{
    internal static byte[] For(UdpPayload payload, PortNumber port)
    {
        var sent = payload.Message.ToArray();
        return payload.Service switch
        {
            "echo" => sent,
            "domain" or "mdns" => Dns(sent),
            "tftp" => [0, 5, 0, 1, .. "File not found"u8, 0],
            "sunrpc" or "nfs" => [.. sent[..4], 0, 0, 0, 1, .. new byte[16]],
            "ntp" => [0x24, 2, .. new byte[22], .. sent[40..48], .. new byte[16]],
            "netbios-ns" => [.. sent[..2], 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, .. sent[12..], 0, 0, 0, 0, 0, 1, 0],
            "snmp" => Snmp(sent),
            "ldap" => [0x30, 13, .. sent[2..8], 0x65, 5, 0x0a, 1, 0, 4, 0],
            "isakmp" => Ike(sent),
            "ipsec-nat-t" => [0, 0, 0, 0, .. Ike(sent[4..])],
            "router" => [2, 2, 0, 0, 0, 2, .. new byte[18]],
            "asf-rmcp" => [.. sent[..8], 0x40, sent[9], 0, 16, .. new byte[16]],
            "quic" => [0xca, 0, 0, 0, 0, 0, 8, .. sent[6..14], 0, 0, 0, 1],
            "dtls" => [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 3, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0xfe, 0xff, 0],
            "ms-sql-m" => [5, 3, 0, .. "abc"u8],
            "ssdp" => [.. "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n"u8],
            "stun" => [1, 1, 0, 12, .. sent[4..], 0, 0x20, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0],
            "sip" => [
                .. "SIP/2.0 404 Not Found\r\n"u8,
                .. Encoding.ASCII.GetBytes(
                    Encoding.ASCII.GetString(sent).Split("\r\n").First(static line => line.StartsWith("Via", StringComparison.Ordinal)))],
            "pcp" => [0, 0x80, 0, 0, 0, 0, 0, 9, 198, 18, 0, 1],
            "coap" => [0x64, 0x45, .. sent[2..8]],
            "memcache" => [.. sent[..8], .. "VERSION 1.6.18\r\n"u8],
            "bacnet" => [0x81, 0x0a, 0, 20, 1, 0, 0x30, sent[8], 0x0c, 0x0c, 2, 0, 0, 7, 0x19, 0x4b, 0x3e, 0xc4, 2, 0],
            "kerberos" => [0x7e, 7, 0x30, 5, 0xa0, 3, 2, 1, 5],
            "xdmcp" => [0, 1, 0, 6, 0, 4, 0, 0, 0, 0],
            "openvpn" => [0x40, .. "response"u8, 1, 0, 0, 0, 0, .. sent[1..9], 0, 0, 0, 0],
            "l2tp" => [0xc8, 2, 0, 20, .. sent[^2..], 0, 0, 0, 0, 0, 1, 0x80, 8, 0, 0, 0, 0, 0, 2],
            "ws-discovery" =>
                [.. "<d:ProbeMatches><a:RelatesTo>"u8, .. Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(sent).Split("MessageID>")[1])],
            "EtherNet-IP-2" => [0x63, 0, 2, 0, .. sent[4..], 1, 0],
            _ => throw new ArgumentException($"no answer of {payload.Service} on {port} is known here"),
        };
    }

    private static byte[] Dns(byte[] sent)
    {
        Assert.True(DnsMessage.TryRead(sent, out var query));
        byte[] reply = [.. sent];
        reply[2] |= 0x80;
        reply[3] |= (byte)DnsResponseCode.Refused;
        return query.IsResponse ? [] : reply;
    }

    private static byte[] Snmp(byte[] sent)
    {
        byte[] reply = [.. sent];
        var pdu = Array.LastIndexOf(reply, (byte)0xa0);
        reply[pdu] = reply[4] == 3 ? (byte)0xa8 : (byte)0xa2;
        return reply;
    }

    private static byte[] Ike(byte[] sent)
    {
        byte[] reply = [.. sent[..8], .. "response"u8, 41, 0x20, 34, 0x20, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 8, 0, 0, 0, 14];
        return reply;
    }
}
