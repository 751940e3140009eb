using Portolan.Packets;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// Multicast DNS (RFC 6762): which kinds of services are there (RFC 6763 section 9)? The answer is asked for by unicast (section 5.4).
/// </summary>
/// <param name="seed">For the id, which a reply to another port than 5353 repeats (section 6.7).</param>
internal sealed class MulticastDnsPayload(PayloadSeed seed) : UdpPayload("mdns", Build(seed.Id16))
{
    private const DnsClass UnicastInternet = (DnsClass)(0x8000 | (int)DnsClass.Internet);

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        DnsMessage.TryRead(reply, out var message) && message.IsResponse
            && (message.Id == 0 || reply[..2].SequenceEqual(Message.Span[..2]));

    private static byte[] Build(ushort id)
    {
        var message = new byte[64];
        var writer = new DnsWriter(message, id, DnsFlags.None);
        writer.TryAddQuestion("_services._dns-sd._udp.local", DnsType.Ptr, UnicastInternet);
        return message[..writer.Length];
    }
}
