using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Veth;

/// <summary>Receives the IP packets that the host sends into a cable, and answers who asks for the gateways' Ethernet address.</summary>
internal sealed class CableReceiver : IFrameReceiver
{
    /// <summary>Frames handed over in one call at most, so that the caller gets to send its answers.</summary>
    private const int Batch = 64;

    private const int Before = CableSocket.HeaderLength + EthernetFrame.MinHeaderLength;

    private readonly CableSocket _socket;
    private readonly TimeProvider _time;
    private readonly WakeEvent _wake = new();
    private readonly GatewayAnswers _answers;
    private readonly byte[] _room = new byte[Before + ushort.MaxValue + 1];
    private long _dropped;
    private bool _isDisposed;

    internal CableReceiver(CableSocket socket, TimeProvider time) => (_socket, _time, _answers) = (socket, time, new GatewayAnswers(socket));

    /// <inheritdoc/>
    public long Dropped => Interlocked.Add(ref _dropped, _socket.TakeDropped());

    /// <inheritdoc/>
    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var count = Take(sink);
        if (count > 0 || timeout <= TimeSpan.Zero)
        {
            return count;
        }

        var events = _wake.Wait(_socket.Handle, timeout);
        if ((events & ~Libc.POLLIN) != 0)
        {
            // The interface went down; without taking the error poll would return at once for ever.
            PacketSocket.TakeError(_socket.Handle);
        }

        return events != 0 ? Take(sink) : 0;
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
        for (var reads = 0; reads < Batch; reads++)
        {
            var length = _socket.Read(_room);
            if (length < 0)
            {
                Check(Marshal.GetLastPInvokeError());
                break;
            }

            var frame = _room.AsSpan(CableSocket.HeaderLength, Math.Max(0, (int)length - CableSocket.HeaderLength));

            // Our own too, on kernels that cannot leave them out (PACKET_IGNORE_OUTGOING, Linux 4.20).
            if (!EthernetFrame.TryRead(frame, out var ethernet) || ethernet.HeaderLength != EthernetFrame.MinHeaderLength || ethernet.Source == CableLink.FarAddress
                || _answers.TryAnswer(ethernet) || ethernet.Type is not (EtherType.Ipv4 or EtherType.Ipv6))
            {
                continue;
            }

            timestamp = count++ == 0 ? _time.GetTimestamp() : timestamp;
            Hand(sink, frame[EthernetFrame.MinHeaderLength..], timestamp);
        }

        return count;
    }

    private void Hand(IFrameSink sink, Span<byte> packet, long timestamp)
    {
        var header = MemoryMarshal.Read<Libc.virtio_net_hdr>(_room);
        var isPartial = (header.flags & Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
        if (sink is IOffloadSink knowing)
        {
            knowing.OnFrame(packet, timestamp, isPartial || (header.flags & Libc.VIRTIO_NET_HDR_F_DATA_VALID) != 0);
            return;
        }

        if (isPartial)
        {
            PartialChecksum.TryComplete(packet, header.csum_start - EthernetFrame.MinHeaderLength, header.csum_offset);
        }

        sink.OnFrame(packet, timestamp);
    }

    /// <summary>An interface that is down has nothing to read for now.</summary>
    private static void Check(int errno)
    {
        if (errno is not (Libc.EAGAIN or Libc.EINTR or Errno.NetworkDown))
        {
            throw new LinuxException(errno, "read from the virtual cable");
        }
    }
}
