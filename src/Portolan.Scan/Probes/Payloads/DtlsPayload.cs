using System.Buffers.Binary;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>DTLS 1.2 (RFC 6347): a ClientHello. A server answers with a cookie (section 4.2.1), its hello, or an alert.</summary>
/// <param name="seed">For the random bytes.</param>
internal sealed class DtlsPayload(PayloadSeed seed) : UdpPayload("dtls", Build(seed.Bytes(32)))
{
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte ClientHello = 1;
    private const byte ServerHello = 2;
    private const byte HelloVerifyRequest = 3;
    private const int RecordHeaderLength = 13;
    private const int HandshakeHeaderLength = 12;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply)
    {
        if (reply.Length <= RecordHeaderLength || reply[1] != 0xfe || reply[2] is not (0xff or 0xfd)
            || BinaryPrimitives.ReadUInt16BigEndian(reply[(RecordHeaderLength - 2)..]) > reply.Length - RecordHeaderLength)
        {
            return false;
        }

        return reply[0] == Alert || (reply[0] == Handshake && reply[RecordHeaderLength] is ServerHello or HelloVerifyRequest);
    }

    private static byte[] Build(byte[] random)
    {
        // ECDHE and RSA with AES (RFC 5289, RFC 5288), and with a pre-shared key, as CoAP's servers have it (RFC 7252 section 9.1.3.1).
        byte[] suites = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xc0, 0xae, 0xc0, 0xa8, 0x00, 0x9c, 0x00, 0x2f];
        byte[] extensions =
        [
            0x00, 0x0a, 0x00, 0x08, 0x00, 0x06, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18, // groups: X25519, P-256, P-384
            0x00, 0x0b, 0x00, 0x02, 0x01, 0x00, // uncompressed points
            0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x01, // signatures
        ];
        byte[] body =
        [
            0xfe, 0xfd, .. random, 0, 0, 0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)extensions.Length, .. extensions,
        ];
        var length = (byte)body.Length;
        var recordLength = (byte)(HandshakeHeaderLength + body.Length);
        return [
            Handshake, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, recordLength, ClientHello, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length,
            .. body];
    }
}
