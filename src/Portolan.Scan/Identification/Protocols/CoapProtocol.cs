namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// CoAP: a confirmable GET of <c>/.well-known/core</c> (RFC 7252 sections 3 and 4, RFC 6690 section 4). The answer has our message and
/// token.
/// </summary>
internal sealed class CoapProtocol() : ServiceProtocol("coap", 5683)
{
    private const byte IdHigh = 0x50;
    private const byte IdLow = 0x6F;

    private static readonly byte[] Token = [.. "port"u8];
    private static readonly ServiceProbe Get =
        new("CoAP GET /.well-known/core", [0x44, 1, IdHigh, IdLow, .. Token, 0xBB, .. ".well-known"u8, 0x04, .. "core"u8]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Get;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Get) || bytes.Length < 4 || bytes[2] != IdHigh || bytes[3] != IdLow)
        {
            return ReplyReading.Foreign;
        }

        var service = new IdentifiedService(Name);
        return bytes[0] switch
        {
            // An empty acknowledgment, whose answer comes later, and a reset.
            0x60 or 0x70 when bytes.Length == 4 && bytes[1] == 0 => ReplyReading.Certain(service),
            0x64 when bytes[4..].StartsWith(Token) && bytes[1] >> 5 is 2 or 4 or 5 =>
                ReplyReading.Certain(service with { Info = Describe(bytes) }),
            _ => ReplyReading.Foreign,
        };
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        var code = FormattableString.Invariant($"{bytes[1] >> 5}.{bytes[1] & 31:00}");
        return TryPayload(bytes[8..], out var payload) && ReplyText.Of(payload) is { } said ? $"{code}: {said}" : code;
    }

    // Section 3.1: options of a delta and a length, 13 and 14 with one and two bytes more, then 0xFF and the payload.
    private static bool TryPayload(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        while (!rest.IsEmpty && rest[0] != 0xFF)
        {
            var (delta, length) = (rest[0] >> 4, rest[0] & 15);
            var at = 1 + Extra(delta);
            if (delta == 15 || length == 15 || rest.Length < at + Extra(length))
            {
                return false;
            }

            var size = length switch { 13 => rest[at] + 13, 14 => ((rest[at] << 8) | rest[at + 1]) + 269, _ => length };
            at += Extra(length) + size;
            if (rest.Length < at)
            {
                return false;
            }

            rest = rest[at..];
        }

        payload = rest.IsEmpty ? default : rest[1..];
        return !payload.IsEmpty;
    }

    private static int Extra(int nibble) => nibble switch { 13 => 1, 14 => 2, _ => 0 };
}
