using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// DNP3: requests of the link's status to the addresses that outstations usually have, and to the one by which any may be asked (IEEE 1815
/// sections 9.2.4 and 9.2.5). Only the data link is spoken to; no function of the application. From the specification only.
/// </summary>
internal sealed class Dnp3Protocol() : ServiceProtocol("dnp", 20000)
{
    private const byte RequestLinkStatus = 0xC9;
    private const int FrameLength = 10;

    private static readonly ushort[] Addresses = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1024, 0xFFFC];
    private static readonly ServiceProbe Status =
        new("DNP3 request of link status", [.. Addresses.SelectMany(static address => Frame(address, (ushort)(address == 1 ? 2 : 1)))]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Status;

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Status) || bytes.IsEmpty || bytes[0] != 5)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < FrameLength)
        {
            return bytes.Length < 2 || bytes[1] == 0x64 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // From an outstation, secondary: acknowledgment, refusal, link status, not supported. The checksum fits.
        var isFrame = bytes[1] == 0x64 && bytes[2] == 5 && (bytes[3] & 0xC0) == 0 && (bytes[3] & 0x0F) is 0 or 1 or 11 or 14 or 15
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) == Checksum(bytes[..8]);
        return isFrame
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Info = FormattableString.Invariant($"DNP3; address {BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..])}"),
                Confidence = 8,
            })
            : ReplyReading.Foreign;
    }

    private static byte[] Frame(ushort destination, ushort source)
    {
        byte[] frame = [
            5, 0x64, 5, RequestLinkStatus, (byte)destination, (byte)(destination >> 8), (byte)source, (byte)(source >> 8), 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(8), Checksum(frame.AsSpan(0, 8)));
        return frame;
    }

    // Section 9.2.4.3.8: x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, low bit first, inverted.
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        foreach (var one in bytes)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0xA6BC : sum >> 1;
            }
        }

        return (ushort)~sum;
    }
}
