using Portolan.Packets;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// DNS (RFC 1035): who serves the root? Every server understands the question, and whether it knows, refers or refuses, that is an answer.
/// Recursion is not asked for, so that no third machine is bothered.
/// </summary>
/// <param name="seed">For the id.</param>
internal sealed class DnsPayload(PayloadSeed seed) : UdpPayload("domain", Build(seed.Id16))
{
    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        DnsMessage.TryRead(reply, out var message) && message.IsResponse && reply[..2].SequenceEqual(Message.Span[..2]);

    private static byte[] Build(ushort id)
    {
        var message = new byte[64];
        DnsWriter.TryWriteQuery(message, id, ".", DnsType.Ns, out var length, DnsFlags.None, edns: false);
        return message[..length];
    }
}
