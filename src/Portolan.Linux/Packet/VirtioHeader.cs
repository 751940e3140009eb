using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>What a sender leaves to the kernel, as the header of virtio says it (linux/virtio_net.h).</summary>
internal static class VirtioHeader
{
    /// <summary>Where the flags lie in a TCP header, and CWR in them.</summary>
    private const int FlagsOffset = 13;

    private const byte Cwr = 0x80;

    /// <summary>The header of a frame.</summary>
    /// <param name="frame">What the offload's offsets count from.</param>
    /// <param name="offload">What is left to do.</param>
    /// <param name="before">Bytes that the kernel sees before <paramref name="frame"/>.</param>
    internal static Libc.virtio_net_hdr Of(ReadOnlySpan<byte> frame, in FrameOffload offload, int before = 0)
    {
        var header = default(Libc.virtio_net_hdr);
        if (!offload.IsNone)
        {
            header.flags = Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM;
            header.csum_start = (ushort)(before + offload.ChecksumStart);
            header.csum_offset = (ushort)offload.ChecksumOffset;
        }

        if (offload.SegmentSize > 0)
        {
            var hasCwr = (frame[offload.ChecksumStart + FlagsOffset] & Cwr) != 0;
            header.gso_type = (byte)((offload.IsIPv4 ? Libc.VIRTIO_NET_HDR_GSO_TCPV4 : Libc.VIRTIO_NET_HDR_GSO_TCPV6)
                | (hasCwr ? Libc.VIRTIO_NET_HDR_GSO_ECN : 0));
            header.hdr_len = (ushort)(before + offload.HeaderLength);
            header.gso_size = (ushort)offload.SegmentSize;
        }

        return header;
    }
}
