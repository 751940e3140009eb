using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Tun;

/// <summary>Receives what the host sends into a TUN device, one read for each frame.</summary>
internal sealed unsafe class TunReceiver : IFrameReceiver
{
    private const int HeaderLength = 10;

    /// <summary>Frames handed over in one call at most, so that the caller gets to send its answers.</summary>
    private const int Batch = 64;

    private readonly SocketHandle _device;
    private readonly TimeProvider _time;
    private readonly WakeEvent _wake = new();
    private readonly byte[] _room = GC.AllocateArray<byte>(HeaderLength + ushort.MaxValue + 1, pinned: true);
    private bool _isEmpty;
    private bool _isDisposed;

    internal TunReceiver(SocketHandle device, TimeProvider time) => (_device, _time) = (device, time);

    /// <summary>Always 0: what the device's queue could not take, the interface counts.</summary>
    public long Dropped => 0;

    /// <inheritdoc/>
    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        // Who found it empty just now and waits need not look again: what came meanwhile ends the wait.
        var count = _isEmpty && timeout > TimeSpan.Zero ? 0 : Take(sink);
        if (count > 0 || timeout <= TimeSpan.Zero)
        {
            return count;
        }

        return _wake.Wait(_device, timeout) != 0 ? Take(sink) : 0;
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Set();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _wake.Dispose();
        }
    }

    private int Take(IFrameSink sink)
    {
        var count = 0;
        var timestamp = 0L;
        var descriptor = (int)_device.DangerousGetHandle();
        _isEmpty = false;
        while (count < Batch)
        {
            nint length;
            fixed (byte* start = _room)
            {
                length = Libc.read(descriptor, start, (nuint)_room.Length);
            }

            if (length < 0)
            {
                Check(Marshal.GetLastPInvokeError());
                _isEmpty = true;
                break;
            }

            if (length <= HeaderLength)
            {
                continue;
            }

            timestamp = count++ == 0 ? _time.GetTimestamp() : timestamp;
            Hand(sink, _room.AsSpan(HeaderLength, (int)length - HeaderLength), timestamp);
        }

        return count;
    }

    private void Hand(IFrameSink sink, Span<byte> frame, long timestamp)
    {
        var header = MemoryMarshal.Read<Libc.virtio_net_hdr>(_room);
        var isPartial = (header.flags & Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
        if (sink is IOffloadSink knowing)
        {
            knowing.OnFrame(frame, timestamp, isPartial || (header.flags & Libc.VIRTIO_NET_HDR_F_DATA_VALID) != 0);
            return;
        }

        if (isPartial)
        {
            PartialChecksum.TryComplete(frame, header.csum_start, header.csum_offset);
        }

        sink.OnFrame(frame, timestamp);
    }

    /// <summary>An interface that is down has nothing to read; one that was deleted never will.</summary>
    private static void Check(int errno)
    {
        if (errno is not (Libc.EAGAIN or Libc.EINTR or Errno.InputOutput))
        {
            throw new LinuxException(errno, "read from the TUN device");
        }
    }
}
