using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Receives from a packet socket in batches (recvmmsg(2)).</summary>
internal sealed unsafe class PacketReceiver : IFrameReceiver
{
    private const int Capacity = 64;
    private const int SlotLength = 2048 + 64;

    /// <summary>Queued frames, with the kernel's own bytes around each (about 768 for a small one).</summary>
    private const int BufferBytes = 16 << 20;

    private readonly SocketHandle _socket;
    private readonly SocketHandle _wake;
    private readonly TimeProvider _time;
    private readonly byte* _slots;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.MessageHeader* _messages;
    private long _dropped;
    private bool _isDisposed;

    /// <summary>Starts to receive.</summary>
    internal PacketReceiver(int interfaceIndex, bool withLinkHeader, TimeProvider time)
    {
        _time = time;
        _wake = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        _socket = PacketSocket.Open(withLinkHeader);
        PacketSocket.SetBuffer(_socket, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, BufferBytes);
        PacketSocket.TrySet(_socket, Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, 1);
        PacketSocket.Bind(_socket, interfaceIndex, Libc.ETH_P_ALL);
        _slots = (byte*)NativeMemory.AllocZeroed(Capacity, SlotLength);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.MessageHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.MessageHeader));
        for (var i = 0; i < Capacity; i++)
        {
            _vectors[i] = new Libc.IoVector { iov_base = _slots + (i * SlotLength), iov_len = SlotLength };
            _messages[i].msg_iov = _vectors + i;
            _messages[i].msg_iovlen = 1;
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
        if (count == 0 && timeout > TimeSpan.Zero && Wait(timeout))
        {
            count = Take(sink);
        }

        return count;
    }

    /// <inheritdoc/>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write((int)_wake.DangerousGetHandle(), (byte*)&one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _socket.Dispose();
        _wake.Dispose();
        NativeMemory.Free(_slots);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }

    private int Take(IFrameSink sink)
    {
        var count = Libc.recvmmsg((int)_socket.DangerousGetHandle(), _messages, Capacity, Libc.MSG_DONTWAIT, null);
        if (count <= 0)
        {
            return 0;
        }

        var now = _time.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            sink.OnFrame(new ReadOnlySpan<byte>(_slots + (i * SlotLength), (int)_messages[i].msg_len), now);
        }

        return count;
    }

    // Whether frames may be there.
    private bool Wait(TimeSpan timeout)
    {
        var descriptors = stackalloc Libc.PollFd[2];
        descriptors[0] = new Libc.PollFd { fd = (int)_socket.DangerousGetHandle(), events = Libc.POLLIN };
        descriptors[1] = new Libc.PollFd { fd = (int)_wake.DangerousGetHandle(), events = Libc.POLLIN };
        var limit = stackalloc nint[2];
        limit[0] = (nint)(timeout.Ticks / TimeSpan.TicksPerSecond);
        limit[1] = (nint)(timeout.Ticks % TimeSpan.TicksPerSecond * 100);
        if (Libc.ppoll(descriptors, 2, limit, null) <= 0)
        {
            return false;
        }

        if (descriptors[1].revents != 0)
        {
            ulong count;
            _ = Libc.read((int)_wake.DangerousGetHandle(), (byte*)&count, sizeof(ulong));
        }

        return descriptors[0].revents != 0;
    }
}
