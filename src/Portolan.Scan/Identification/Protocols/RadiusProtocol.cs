using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// RADIUS: Status-Server (RFC 5997), which asks for nothing but a sign of life. Its authenticator is made with an empty secret, so servers
/// that check it keep silent, as the RFC wants; no login is attempted, and no secret is tried. From the specification only.
/// </summary>
internal sealed class RadiusProtocol() : ServiceProtocol("radius", 1812, 1813, 1645, 1646)
{
    private const byte Id = 0x50;

    // Status-Server with a Message-Authenticator (RFC 3579 section 3.2): HMAC-MD5 over the packet, keyed with nothing.
    private static readonly ServiceProbe Status = new("RADIUS Status-Server",
    [
        12, Id, 0, 38, .. "portolan-status-"u8, 80, 18, 0x7E, 0x43, 0x97, 0x01, 0x14, 0x87, 0x22, 0x80, 0xC5, 0x93, 0x5B, 0xD6, 0x2B, 0x84,
        0x92, 0x00,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Status;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Access-Accept or Accounting-Response with our identifier; whole attributes up to the end.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Status) || bytes.Length < 20 || bytes[0] is not (2 or 5) || bytes[1] != Id
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length)
        {
            return ReplyReading.Foreign;
        }

        string? said = null;
        for (var rest = bytes[20..]; !rest.IsEmpty; rest = rest[rest[1]..])
        {
            if (rest.Length < 2 || rest[1] < 2 || rest[1] > rest.Length)
            {
                return ReplyReading.Foreign;
            }

            // Reply-Message
            said ??= rest[0] == 18 ? ReplyText.Of(rest[2..rest[1]]) : null;
        }

        return ReplyReading.Certain(new IdentifiedService(Name) { Info = said, Confidence = 8 });
    }
}
