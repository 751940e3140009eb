namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// memcached over UDP: <c>version</c> behind a frame header (memcached, doc/protocol.txt, "UDP protocol"). The answer is shorter than a
/// name server's.
/// </summary>
internal sealed class MemcachedDatagramProtocol() : ServiceProtocol("memcached", 11211)
{
    private static readonly MemcachedProtocol Text = new();

    // Request identifier, number and count of datagrams, reserved.
    private static readonly ServiceProbe Version = new("memcached version by datagram", [0x50, 0x6F, 0, 0, 0, 1, 0, 0, .. "version\r\n"u8]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => reply.Bytes.StartsWith((ReadOnlySpan<byte>)[0x50, 0x6F, 0, 0, 0, 1, 0, 0])
        && Text.Read(new ServiceReply(reply.Bytes[8..], Version, isEnded: true)) is { Match: ReplyMatch.Certain } reading
        ? reading
        : ReplyReading.Foreign;
}
