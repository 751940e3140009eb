using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// Receives packets that the kernel hands over one by one, each behind the header of virtio, which says what checksum is still to be
/// completed.
/// </summary>
internal abstract class VirtioReceiver : IFrameReceiver
{
    /// <summary>Bytes of <c>struct virtio_net_hdr</c>.</summary>
    internal const int HeaderLength = 10;

    /// <summary>
    /// Frames read in a row before the first is handed over: the kernel's code and the sink's push each other out of the processor's
    /// caches.
    /// </summary>
    internal const int Round = 16;

    /// <summary>The most bytes of a frame that others join in a round. A longer one is work enough by itself, and comes at once.</summary>
    internal const int LongestInRound = 2048;

    /// <summary>How many frames before its turn one is announced.</summary>
    private const int Ahead = 8;

    /// <summary>Frames read in one call at most, but for a round, so that the caller gets to send its answers.</summary>
    private const int Batch = 64;

    private readonly SocketHandle _handle;
    private readonly TimeProvider _time;
    private readonly int _linkHeaderLength;
    private readonly WakeEvent _wake = new();
    private readonly int _longest;
    private readonly byte[] _room;
    private readonly (int Start, int Length)[] _frames = new (int, int)[Round];
    private bool _isEmpty;
    private bool _isDisposed;

    /// <summary>Prepares it.</summary>
    /// <param name="handle">What is read, without blocking. The caller closes it.</param>
    /// <param name="time">The clock of the timestamps.</param>
    /// <param name="linkHeaderLength">Bytes between the header of virtio and the packet.</param>
    protected VirtioReceiver(SocketHandle handle, TimeProvider time, int linkHeaderLength)
    {
        (_handle, _time, _linkHeaderLength) = (handle, time, linkHeaderLength);
        _longest = HeaderLength + linkHeaderLength + ushort.MaxValue + 1;
        _room = GC.AllocateArray<byte>((Round * LongestInRound) + _longest, pinned: true);
    }

    /// <inheritdoc/>
    public abstract long Dropped { get; }

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

        var events = _wake.Wait(_handle, timeout);
        if ((events & ~Libc.POLLIN) != 0)
        {
            OnError();
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

    /// <summary>Reads one frame behind its header.</summary>
    /// <returns>The bytes, or -1 with the error number of the runtime.</returns>
    protected abstract nint Read(Span<byte> room);

    /// <summary>Whether there is nothing to read for now, as an interface that is down has.</summary>
    /// <exception cref="LinuxException">There never will be.</exception>
    protected abstract void Check(int errno);

    /// <summary>Whether a frame, its link header included, is a packet for the sink.</summary>
    protected virtual bool IsPacket(ReadOnlySpan<byte> frame) => !frame.IsEmpty;

    /// <summary>Waiting ended with an error.</summary>
    protected virtual void OnError()
    {
    }

    private int Take(IFrameSink sink)
    {
        var count = 0;
        var timestamp = 0L;
        _isEmpty = false;
        for (int all = 0, reads; all < Batch && !_isEmpty; all += reads)
        {
            reads = ReadRound();
            var announces = reads > Ahead;
            for (var index = announces ? -Ahead : 0; index < reads; index++)
            {
                if (announces)
                {
                    sink.Announce(index + Ahead < reads ? PacketOf(index + Ahead) : default);
                }

                if (index >= 0 && _frames[index].Length > HeaderLength && IsPacket(FrameOf(index)))
                {
                    timestamp = count++ == 0 ? _time.GetTimestamp() : timestamp;
                    Hand(sink, index, timestamp);
                }
            }
        }

        return count;
    }

    /// <summary>Reads frames behind one another. An error that comes after some is met again by the next call.</summary>
    private int ReadRound()
    {
        var start = 0;
        for (var reads = 0; reads < Round; reads++)
        {
            var length = (int)Read(_room.AsSpan(start, _longest));
            if (length < 0)
            {
                _isEmpty = true;
                if (reads == 0)
                {
                    Check(Marshal.GetLastPInvokeError());
                }

                return reads;
            }

            _frames[reads] = (start, length);
            if (length > LongestInRound)
            {
                return reads + 1;
            }

            // Each starts at a multiple of eight, as the first does.
            start += (length + 7) & ~7;
        }

        return Round;
    }

    private Span<byte> FrameOf(int index) =>
        _room.AsSpan(_frames[index].Start + HeaderLength, Math.Max(0, _frames[index].Length - HeaderLength));

    private Span<byte> PacketOf(int index) =>
        FrameOf(index) is var frame && frame.Length > _linkHeaderLength ? frame[_linkHeaderLength..] : default;

    private void Hand(IFrameSink sink, int index, long timestamp)
    {
        var packet = PacketOf(index);
        var header = MemoryMarshal.Read<Libc.virtio_net_hdr>(_room.AsSpan(_frames[index].Start));
        var isPartial = (header.flags & Libc.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
        if (sink is IOffloadSink knowing)
        {
            knowing.OnFrame(packet, timestamp, isPartial || (header.flags & Libc.VIRTIO_NET_HDR_F_DATA_VALID) != 0);
            return;
        }

        if (isPartial)
        {
            PartialChecksum.TryComplete(packet, header.csum_start - _linkHeaderLength, header.csum_offset);
        }

        sink.OnFrame(packet, timestamp);
    }
}
