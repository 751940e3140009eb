namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// memcached over UDP (its doc/protocol.txt): the eight-byte frame header, then <c>version</c>, the command with the shortest answer.
/// </summary>
/// <param name="seed">For the request id.</param>
internal sealed class MemcachedPayload(PayloadSeed seed) : UdpPayload("memcache", [.. seed.Bytes(2), 0, 0, 0, 1, 0, 0, .. "version\r\n"u8])
{
    private const int HeaderLength = 8;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[..2].SequenceEqual(Message.Span[..2])
        && (reply[HeaderLength..].StartsWith("VERSION "u8) || reply[HeaderLength..].StartsWith("ERROR"u8));
}
