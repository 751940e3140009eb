using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Veth;

/// <summary>Sends IP packets to the host's end of a cable: each is one frame, sent at once.</summary>
internal sealed class CableSender : IOffloadSender
{
    /// <summary>Before the IP packet: the header of virtio and that of Ethernet.</summary>
    private const int Before = CableSocket.HeaderLength + EthernetFrame.MinHeaderLength;

    /// <summary>Where the flags lie in a TCP header, and CWR in them.</summary>
    private const int FlagsOffset = 13;

    private const byte Cwr = 0x80;

    private readonly CableSocket _socket;
    private readonly byte[] _room = new byte[Before + ushort.MaxValue];
    private int _sent;
    private int _refused;
    private int _errno;

    internal CableSender(CableSocket socket) => _socket = socket;

    /// <inheritdoc/>
    public Span<byte> Reserve() => _room.AsSpan(Before);

    /// <inheritdoc/>
    public void Commit(int length) => Write(length, default);

    /// <inheritdoc/>
    public void Commit(int length, in FrameOffload offload)
    {
        const int Ethernet = EthernetFrame.MinHeaderLength;
        var header = default(Libc.virtio_net_hdr);
        if (!offload.IsNone)
        {
            header.flags = Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM;
            header.csum_start = (ushort)(Ethernet + offload.ChecksumStart);
            header.csum_offset = (ushort)offload.ChecksumOffset;
        }

        if (offload.SegmentSize > 0)
        {
            var hasCwr = (_room[Before + offload.ChecksumStart + FlagsOffset] & Cwr) != 0;
            header.gso_type = (byte)((offload.IsIPv4 ? Libc.VIRTIO_NET_HDR_GSO_TCPV4 : Libc.VIRTIO_NET_HDR_GSO_TCPV6) | (hasCwr ? Libc.VIRTIO_NET_HDR_GSO_ECN : 0));
            header.hdr_len = (ushort)(Ethernet + offload.HeaderLength);
            header.gso_size = (ushort)offload.SegmentSize;
        }

        Write(length, header);
    }

    /// <inheritdoc/>
    public SendReport Flush()
    {
        var report = new SendReport(_sent, _refused, SendFailures.Of(_errno), _errno);
        (_sent, _refused, _errno) = (0, 0, 0);
        return report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The socket belongs to the link.
    }

    private void Write(int length, Libc.virtio_net_hdr header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, ushort.MaxValue, nameof(length));
        MemoryMarshal.Write(_room, header);
        var isIPv6 = _room[Before] >> 4 == 6;
        EthernetWriter.Write(_room.AsSpan(CableSocket.HeaderLength), CableLink.HostAddress, CableLink.FarAddress, isIPv6 ? EtherType.Ipv6 : EtherType.Ipv4);
        if (_socket.Write(_room.AsSpan(0, Before + length)) is var errno and not 0)
        {
            _errno = errno;
            _refused++;
        }
        else
        {
            _sent++;
        }
    }
}
