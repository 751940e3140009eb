using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packetdrill;

/// <summary>Does in software what the stack leaves to a link: completes checksums and cuts super-segments into packets.</summary>
internal static class SuperSegment
{
    private const byte FinAndPush = 0x09;
    private const byte Cwr = 0x80;

    internal static void Cut(ReadOnlySpan<byte> frame, in FrameOffload offload, Action<byte[]> send)
    {
        if (offload.SegmentSize == 0)
        {
            var whole = frame.ToArray();
            if (!offload.IsNone)
            {
                PartialChecksum.TryComplete(whole, offload.ChecksumStart, offload.ChecksumOffset);
            }

            send(whole);
            return;
        }

        var (headers, start) = (offload.HeaderLength, offload.ChecksumStart);
        for (var at = headers; at < frame.Length; at += offload.SegmentSize)
        {
            var payload = frame.Slice(at, Math.Min(offload.SegmentSize, frame.Length - at));
            var packet = new byte[headers + payload.Length];
            frame[..headers].CopyTo(packet);
            payload.CopyTo(packet.AsSpan(headers));
            WriteInternetHeader(packet, offload.IsIPv4);
            var tcp = packet.AsSpan(start);
            WriteUInt32BigEndian(tcp[4..], ReadUInt32BigEndian(tcp[4..]) + (uint)(at - headers));
            tcp[13] = (byte)(tcp[13] & ~((at + payload.Length < frame.Length ? FinAndPush : 0) | (at > headers ? Cwr : 0)));
            WriteUInt16BigEndian(
                tcp[offload.ChecksumOffset..],
                PartialChecksum.Of(Address(packet, offload.IsIPv4, 0), Address(packet, offload.IsIPv4, 1), IpProtocol.Tcp, tcp.Length));
            PartialChecksum.TryComplete(packet, start, offload.ChecksumOffset);
            send(packet);
        }
    }

    private static InternetAddress Address(ReadOnlySpan<byte> packet, bool isIPv4, int which) =>
        isIPv4 ? InternetAddress.FromBytes(packet.Slice(12 + (4 * which), 4))
            : InternetAddress.FromBytes(packet.Slice(8 + (16 * which), 16));

    private static void WriteInternetHeader(Span<byte> packet, bool isIPv4)
    {
        if (isIPv4)
        {
            WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
            WriteUInt16BigEndian(packet[10..], 0);
            WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..((packet[0] & 0xf) * 4)]));
        }
        else
        {
            WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - Ipv6Writer.Length));
        }
    }
}
