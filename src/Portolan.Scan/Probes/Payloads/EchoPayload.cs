namespace Portolan.Scan.Probes.Payloads;

/// <summary>Echo (RFC 862): what is sent comes back.</summary>
/// <param name="seed">For what is sent.</param>
internal sealed class EchoPayload(PayloadSeed seed) : UdpPayload("echo", seed.Bytes(8))
{
    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.SequenceEqual(Message.Span);
}
