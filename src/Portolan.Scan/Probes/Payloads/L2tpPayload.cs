using System.Buffers.Binary;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// L2TP (RFC 2661 section 6.1): start of a control connection. Agreed to or stopped, the answer goes to the tunnel id that we assigned.
/// </summary>
/// <param name="seed">For the tunnel id.</param>
internal sealed class L2tpPayload(PayloadSeed seed) : UdpPayload("l2tp", Build((ushort)(seed.Id16 | 1)))
{
    private const int HeaderLength = 12;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && (reply[0] & 0xc8) == 0xc8 && (reply[1] & 15) == 2 && reply[4..6].SequenceEqual(Message.Span[^2..]);

    private static byte[] Build(ushort tunnel)
    {
        byte[] message =
        [
            0xc8, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0x80, 8, 0, 0, 0, 0, 0, 1, // message type: SCCRQ
            0x80, 8, 0, 0, 0, 2, 1, 0, // protocol version 1.0
            0x80, 10, 0, 0, 0, 3, 0, 0, 0, 3, // framing: synchronous and asynchronous
            0x80, 14, 0, 0, 0, 7, .. "portolan"u8, // host name
            0x80, 8, 0, 0, 0, 9, (byte)(tunnel >> 8), (byte)tunnel, // assigned tunnel id
        ];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)message.Length);
        return message;
    }
}
