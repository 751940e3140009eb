using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// DTLS 1.2: a ClientHello without cookie (RFC 6347 section 4.2.1). A server answers with a cookie and keeps nothing, with its hello, or
/// with an alert.
/// </summary>
internal sealed class DtlsProtocol() : ServiceProtocol("dtls", 4433, 443, 5684, 5349, 853, 2083, 10161)
{
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const int RecordHeaderLength = 13;

    private static readonly ServiceProbe Hello = new("DTLS ClientHello", Build());

    /// <inheritdoc/>
    public override ServiceProbe Opening => Hello;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Hello) || bytes.Length <= RecordHeaderLength || bytes[1] != 0xFE || bytes[2] is not (0xFF or 0xFD)
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[(RecordHeaderLength - 2)..]) > bytes.Length - RecordHeaderLength)
        {
            return ReplyReading.Foreign;
        }

        // HelloVerifyRequest, ServerHello, or an alert of two bytes.
        return (bytes[0], bytes[RecordHeaderLength]) switch
        {
            (Handshake, 3) => ReplyReading.Certain(new IdentifiedService(Name) { Info = "asks for a cookie" }),
            (Handshake, 2) => ReplyReading.Certain(new IdentifiedService(Name)),
            (Alert, 1 or 2) when bytes.Length >= RecordHeaderLength + 2 =>
                ReplyReading.Certain(
                    new IdentifiedService(
                        Name)
                    { Info = FormattableString.Invariant($"refuses the handshake, alert {bytes[RecordHeaderLength + 1]}") }),
            _ => ReplyReading.Foreign,
        };
    }

    private static byte[] Build()
    {
        // ECDHE and RSA with AES (RFC 5289, RFC 5288), and with a pre-shared key, as CoAP's servers have it (RFC 7252 section 9.1.3.1).
        byte[] suites = [0xC0, 0x2B, 0xC0, 0x2F, 0xC0, 0x2C, 0xC0, 0x30, 0xC0, 0xAE, 0xC0, 0xA8, 0x00, 0x9C, 0x00, 0x2F];
        byte[] extensions =
        [
            0x00, 0x0A, 0x00, 0x08, 0x00, 0x06, 0x00, 0x1D, 0x00, 0x17, 0x00, 0x18, // groups: X25519, P-256, P-384
            0x00, 0x0B, 0x00, 0x02, 0x01, 0x00, // uncompressed points
            0x00, 0x0D, 0x00, 0x0A, 0x00, 0x08, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x01, // signatures
        ];
        byte[] body = [
            0xFE, 0xFD, .. "portolan asks what this port is."u8, 0, 0, 0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)extensions.Length,
            .. extensions];
        var (length, recordLength) = ((byte)body.Length, (byte)(12 + body.Length));
        return [Handshake, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, recordLength, 1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length, .. body];
    }
}
