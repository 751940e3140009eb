using Portolan.Lab.Running.Wire;
using Portolan.Lab.Services.Dhcp;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>What a datagram of DNS or DHCP says, in a few words.</summary>
internal static class DatagramWords
{
    private const int DnsPort = 53;
    private const int DhcpServerPort = 67;
    private const int DhcpClientPort = 68;

    /// <summary>It, e.g. <c>question: A example.com</c>; <c>null</c> for all other packets.</summary>
    internal static string? Of(ReadOnlySpan<byte> packet)
    {
        if (!PacketHeads.TryRead(packet, out var heads) || heads.IsLaterFragment || heads.Protocol != IpProtocol.Udp
            || !UdpDatagram.TryRead(heads.Payload, out var datagram))
        {
            return null;
        }

        if (heads.SourcePort == DnsPort || heads.DestinationPort == DnsPort)
        {
            return OfName(datagram.Payload);
        }

        return (heads.SourcePort, heads.DestinationPort) is (DhcpServerPort, DhcpClientPort) or (DhcpClientPort, DhcpServerPort)
            && DhcpMessage.TryRead(datagram.Payload, out var lease)
            ? KindOf(lease.Kind) + (heads.Destination == InternetAddress.FromIPv4(uint.MaxValue) ? ", broadcast" : "")
            : null;
    }

    /// <summary>What a message of DNS says; <c>null</c> when it is none.</summary>
    internal static string? OfName(ReadOnlySpan<byte> message) => DnsMessage.TryRead(message, out var read) ? Of(read) : null;

    /// <summary>A message of DHCP as RFC 2131 calls it.</summary>
    internal static string KindOf(DhcpKind kind) => kind.ToString().ToUpperInvariant();

    private static string? Of(in DnsMessage message)
    {
        if (!message.IsResponse)
        {
            return message.TryReadQuestion(out var question) ? $"question: {TypeOf(question.Type)} {question.Name.ToString()}" : null;
        }

        if (message.IsTruncated)
        {
            return "answer: truncated";
        }

        var (records, address) = (0, "");
        foreach (var record in message.Answers)
        {
            address = record.TryReadAddress(out var found) && address.Length == 0 ? $"{TypeOf(record.Type)} {found}" : address;
            records++;
        }

        return message.ResponseCode switch
        {
            DnsResponseCode.NameError => "answer: no such name (NXDOMAIN)",
            DnsResponseCode.NoError when address.Length > 0 => $"answer: {address}",
            DnsResponseCode.NoError when records > 0 => $"answer: {records} records",
            DnsResponseCode.NoError => "answer: no record",
            var code => $"answer: error {(int)code}",
        };
    }

    private static string TypeOf(DnsType type) => type.ToString().ToUpperInvariant();
}
