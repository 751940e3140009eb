using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Tun;

/// <summary>Sends into a TUN device: each frame is one write, made at once, for the device takes no batches.</summary>
internal sealed unsafe class TunSender : IOffloadSender
{
    private const int HeaderLength = 10;

    /// <summary>The largest IP packet, behind the header of virtio.</summary>
    private const int RoomLength = HeaderLength + ushort.MaxValue;

    /// <summary>Where the flags lie in a TCP header, and CWR in them.</summary>
    private const int FlagsOffset = 13;

    private const byte Cwr = 0x80;

    private readonly SocketHandle _device;
    private readonly byte[] _room = GC.AllocateArray<byte>(RoomLength, pinned: true);
    private int _sent;
    private int _refused;
    private int _errno;

    internal TunSender(SocketHandle device) => _device = device;

    /// <inheritdoc/>
    public Span<byte> Reserve() => _room.AsSpan(HeaderLength);

    /// <inheritdoc/>
    public void Commit(int length) => Write(length, default);

    /// <inheritdoc/>
    public void Commit(int length, in FrameOffload offload)
    {
        var header = default(Libc.virtio_net_hdr);
        if (!offload.IsNone)
        {
            header.flags = Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM;
            header.csum_start = (ushort)offload.ChecksumStart;
            header.csum_offset = (ushort)offload.ChecksumOffset;
        }

        if (offload.SegmentSize > 0)
        {
            var hasCwr = (_room[HeaderLength + offload.ChecksumStart + FlagsOffset] & Cwr) != 0;
            header.gso_type = (byte)((offload.IsIPv4 ? Libc.VIRTIO_NET_HDR_GSO_TCPV4 : Libc.VIRTIO_NET_HDR_GSO_TCPV6) | (hasCwr ? Libc.VIRTIO_NET_HDR_GSO_ECN : 0));
            header.hdr_len = (ushort)offload.HeaderLength;
            header.gso_size = (ushort)offload.SegmentSize;
        }

        Write(length, header);
    }

    /// <inheritdoc/>
    public SendReport Flush()
    {
        var report = new SendReport(_sent, _refused, FailureOf(_errno), _errno);
        (_sent, _refused, _errno) = (0, 0, 0);
        return report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The device belongs to the link.
    }

    private static SendFailure FailureOf(int errno) => errno switch
    {
        0 => SendFailure.None,
        Libc.EAGAIN or Errno.NoBufferSpace => SendFailure.Busy,

        // What tun_get_user says of a device that is not up.
        Errno.InputOutput => SendFailure.LinkDown,
        _ => SendFailure.Other,
    };

    private void Write(int length, Libc.virtio_net_hdr header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, ushort.MaxValue, nameof(length));
        MemoryMarshal.Write(_room, header);
        fixed (byte* start = _room)
        {
            if (Libc.write((int)_device.DangerousGetHandle(), start, (nuint)(HeaderLength + length)) < 0)
            {
                _errno = Marshal.GetLastPInvokeError();
                _refused++;
            }
            else
            {
                _sent++;
            }
        }
    }
}
