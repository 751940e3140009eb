using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// HTTP/2 with prior knowledge: the preface and empty settings, answered with a SETTINGS frame (RFC 9113 sections 3.3, 3.4 and 6.5).
/// Servers of gRPC send theirs unasked. Most servers speak HTTP/1 too, which is tried first.
/// </summary>
internal sealed class Http2Protocol() : ServiceProtocol("http", 50051)
{
    private const int HeaderLength = 9;

    private static readonly ServiceProbe Preface =
        new("HTTP/2 preface", [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Preface;

    /// <inheritdoc/>
    public override int Rarity => 6;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < HeaderLength)
        {
            return ReferenceEquals(reply.Asked, Preface) && ReplyText.MayBegin(bytes, [0, 0]) && (bytes.Length < 4 || bytes[3] == 4)
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        // Length, type 4, no flags, stream 0; then settings of two bytes of name and four of value.
        if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] % 6 != 0 || bytes[2] > 120
            || !bytes[3..].StartsWith((ReadOnlySpan<byte>)[4, 0, 0, 0, 0, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + bytes[2])
        {
            return ReplyReading.UnlessEnded(reply);
        }

        for (var at = HeaderLength; at < HeaderLength + bytes[2]; at += 6)
        {
            // Names of RFC 9113 and its successors are small; those of gRPC are 0xFE03 and the like.
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) is 0 or (> 0x20 and < 0xF000))
            {
                return ReplyReading.Foreign;
            }
        }

        var service = new IdentifiedService(Name) { Info = "HTTP/2 with prior knowledge" };
        return ReferenceEquals(reply.Asked, Preface) || bytes[2] > 0 ? ReplyReading.Certain(service) : ReplyReading.Likely(service);
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return null;
        }

        await using (second)
        {
            var answer = await second.AskAsync(Preface, static reply => reply.Length >= HeaderLength);
            return Read(new ServiceReply(answer.Span, Preface, isEnded: true)) is { Match: ReplyMatch.Certain, Service: { } service }
                ? service : null;
        }
    }
}
