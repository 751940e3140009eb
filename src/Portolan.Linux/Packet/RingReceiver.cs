using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Receives from a packet socket through a ring.</summary>
internal sealed unsafe class RingReceiver : IFrameReceiver
{
    /// <summary>Frames handed over in one call at most, so that the caller gets to its other work.</summary>
    private const int Batch = 1024;

    /// <summary>For frames that are larger than a slot.</summary>
    private const int QueueBytes = 4 << 20;

    private const int LargestFrame = 80 * 1024;

    /// <summary>
    /// While frames come one after another, a reader that polls is woken for each of them, and that costs more than all the rest (measured
    /// over veth: 8–9 µs of processor time for a probe and its answer, 5 µs with this pause). So it looks again a little later instead.
    /// </summary>
    private const int PauseNanoseconds = 100_000;

    private readonly SocketHandle _socket;
    private readonly ReceiveRing _ring;
    private readonly WakeEvent _wake = new();
    private readonly PacketClock _clock;
    private readonly byte* _large = (byte*)NativeMemory.Alloc(LargestFrame);
    private long _dropped;
    private bool _isFlowing;
    private bool _isDisposed;

    /// <summary>Starts to receive.</summary>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="withLinkHeader">Whether frames start with their Ethernet header.</param>
    /// <param name="program">What to receive.</param>
    /// <param name="time">The clock of the timestamps.</param>
    internal RingReceiver(int interfaceIndex, bool withLinkHeader, FilterInstruction[] program, TimeProvider time)
    {
        _clock = new PacketClock(time);
        _socket = PacketSocket.Open(withLinkHeader);
        ReceiveRing? ring = null;
        try
        {
            PacketSocket.Attach(_socket, program);
            PacketSocket.SetBuffer(_socket, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, QueueBytes);
            PacketSocket.TrySet(_socket, Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, 1);
            ring = new ReceiveRing(_socket);
            PacketSocket.Bind(_socket, interfaceIndex, Libc.ETH_P_ALL);
            _ring = ring;
        }
        catch
        {
            ring?.Dispose();
            _socket.Dispose();
            _wake.Dispose();
            NativeMemory.Free(_large);
            throw;
        }
    }

    /// <inheritdoc/>
    public long Dropped
    {
        get
        {
            // struct tpacket_stats: packets, drops; both start at 0 again when read.
            var statistics = stackalloc uint[2];
            var length = (uint)(2 * sizeof(uint));
            return Libc.getsockopt(_socket, Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics, &length) == 0
                ? Interlocked.Add(ref _dropped, statistics[1])
                : Interlocked.Read(ref _dropped);
        }
    }

    /// <inheritdoc/>
    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var count = Take(sink);
        if (count > 0 || timeout <= TimeSpan.Zero)
        {
            return count;
        }

        if (_isFlowing && timeout.TotalNanoseconds > PauseNanoseconds)
        {
            _isFlowing = false;
            Libc.Pause(PauseNanoseconds);
            count = Take(sink);
            if (count > 0)
            {
                return count;
            }
        }

        var events = _wake.Wait(_socket, timeout);
        if ((events & ~Libc.POLLIN) != 0)
        {
            // The interface went down; without taking the error poll would return at once for ever. Who sends is told.
            PacketSocket.TakeError(_socket);
        }

        return events != 0 ? Take(sink) : 0;
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Set();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _ring.Dispose();
        _socket.Dispose();
        _wake.Dispose();
        NativeMemory.Free(_large);
    }

    private int Take(IFrameSink sink)
    {
        var count = 0;
        while (count < Batch && _ring.TryPeek(out var frame))
        {
            if (count == 0)
            {
                _clock.Synchronize();
            }

            var bytes = frame.Bytes;
            if (frame.IsQueued)
            {
                bytes = TakeQueued();
            }
            else if (bytes.Length < frame.Length)
            {
                bytes = default;
            }

            if (bytes.IsEmpty)
            {
                // Larger than a slot, and there was no room in the queue.
                Interlocked.Increment(ref _dropped);
            }
            else if (sink is IOffloadSink knowing)
            {
                knowing.OnFrame(bytes, _clock.ToTimestamp(frame.Nanoseconds), frame.IsChecksumKnown);
            }
            else
            {
                sink.OnFrame(bytes, _clock.ToTimestamp(frame.Nanoseconds));
            }

            _ring.Release();
            count++;
        }

        _isFlowing |= count > 0;
        return count;
    }

    // The queue holds one frame for each slot that says so; on several processors two may have changed places, so the slot's length is not
    // asked.
    private ReadOnlySpan<byte> TakeQueued()
    {
        var length = Libc.recvfrom(_socket, _large, LargestFrame, Libc.MSG_DONTWAIT | Libc.MSG_TRUNC, null, null);
        return length is > 0 and <= LargestFrame ? new ReadOnlySpan<byte>(_large, (int)length) : default;
    }
}
