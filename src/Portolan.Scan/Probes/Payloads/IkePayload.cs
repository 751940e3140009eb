using System.Buffers.Binary;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// IKE version 2 (RFC 7296 section 1.2): IKE_SA_INIT with common algorithms. Whether a responder agrees, wants another group or a cookie,
/// or finds no proposal, it answers with our SPI.
/// </summary>
/// <param name="seed">For SPI, key and nonce.</param>
/// <param name="service"><c>isakmp</c>, or <c>ipsec-nat-t</c>.</param>
/// <param name="behindMarker">On port 4500 four zero bytes tell IKE from ESP (RFC 3948 section 2.2).</param>
internal sealed class IkePayload(PayloadSeed seed, string service, bool behindMarker)
    : UdpPayload(service, [.. new byte[behindMarker ? MarkerLength : 0], .. Build(seed.Bytes(SpiLength + KeyLength + NonceLength))])
{
    private const int MarkerLength = 4;
    private const int HeaderLength = 28;
    private const int SpiLength = 8;
    private const int KeyLength = 256;
    private const int NonceLength = 32;
    private const byte SecurityAssociation = 33;
    private const byte KeyExchange = 34;
    private const byte Nonce = 40;
    private const byte SaInit = 34;
    private const byte InitiatorFlag = 0x08;
    private const byte ResponseFlag = 0x20;

    private readonly int _start = behindMarker ? MarkerLength : 0;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < _start + HeaderLength || reply[.._start].IndexOfAnyExcept((byte)0) >= 0)
        {
            return false;
        }

        reply = reply[_start..];
        return reply[..SpiLength].SequenceEqual(Message.Span.Slice(_start, SpiLength))
            && (reply[17] >> 4) is 1 or 2
            && (reply[17] >> 4 == 1 || (reply[19] & ResponseFlag) != 0);
    }

    private static byte[] Build(byte[] random)
    {
        // Section 3.3.2: encryption AES-CBC-256 and -128, pseudo-random function and integrity with SHA-256, and the 2048-bit group, whose
        // public values may be any bytes below the prime: the first bit is cleared.
        byte[] transforms =
        [
            3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0,
            3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128,
            3, 0, 0, 8, 2, 0, 0, 5,
            3, 0, 0, 8, 3, 0, 0, 12,
            0, 0, 0, 8, 4, 0, 0, 14,
        ];
        byte[] proposal = [0, 0, 0, (byte)(8 + transforms.Length), 1, 1, 0, 5, .. transforms];
        random[SpiLength] &= 0x7f;
        byte[] payloads =
        [
            KeyExchange, 0, 0, (byte)(4 + proposal.Length), .. proposal,
            Nonce, 0, (8 + KeyLength) >> 8, (8 + KeyLength) & 0xff, 0, 14, 0, 0, .. random.AsSpan(SpiLength, KeyLength),
            0, 0, 0, 4 + NonceLength, .. random.AsSpan(SpiLength + KeyLength, NonceLength),
        ];
        var message = new byte[HeaderLength + payloads.Length];
        random.AsSpan(0, SpiLength).CopyTo(message);
        message[16] = SecurityAssociation;
        message[17] = 0x20;
        message[18] = SaInit;
        message[19] = InitiatorFlag;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(24), message.Length);
        payloads.CopyTo(message, HeaderLength);
        return message;
    }
}
