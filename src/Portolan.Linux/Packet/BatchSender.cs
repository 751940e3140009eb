using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Sends batches with one system call each (sendmmsg(2)).</summary>
internal sealed unsafe class BatchSender : IFrameSender
{
    /// <summary>Frames of a batch. Measured over veth: beyond 64 nothing is gained, and 64 slots stay in the cache.</summary>
    private const int Capacity = 64;

    private const int MaxSlot = 2048;

    /// <summary>Slots at multiples of 2048 would share a few sets of the first-level cache; one line more spreads them.</summary>
    private const int CacheLine = 64;

    private readonly FrameDestination _destination;
    private readonly int _slotLength;
    private readonly int _stride;
    private readonly byte* _slots;
    private readonly byte* _addresses;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.MessageHeader* _messages;
    private readonly int[] _descriptors = new int[Capacity];
    private int _count;
    private bool _isDisposed;

    /// <summary>Makes a sender.</summary>
    /// <param name="maxFrameLength">Most bytes of a frame on the link.</param>
    /// <param name="destination">The sockets, which are closed with this.</param>
    internal BatchSender(int maxFrameLength, FrameDestination destination)
    {
        _destination = destination;
        _slotLength = Math.Min(maxFrameLength, MaxSlot);
        _stride = MaxSlot + CacheLine;
        _slots = (byte*)NativeMemory.AlignedAlloc((nuint)(Capacity * _stride), CacheLine);
        NativeMemory.Clear(_slots, (nuint)(Capacity * _stride));
        _addresses = (byte*)NativeMemory.AllocZeroed(Capacity, FrameDestination.AddressRoom);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.MessageHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.MessageHeader));
        for (var i = 0; i < Capacity; i++)
        {
            _vectors[i].iov_base = _slots + (i * _stride);
            _messages[i].msg_iov = _vectors + i;
            _messages[i].msg_iovlen = 1;
        }

        Array.Fill(_descriptors, destination.IsBound ? destination.Choose(default, null, out _) : -1);
    }

    /// <inheritdoc/>
    public Span<byte> Reserve()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _count == Capacity ? default : new Span<byte>(_slots + (_count * _stride), _slotLength);
    }

    /// <inheritdoc/>
    public void Commit(int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _slotLength);
        if (_count == Capacity)
        {
            throw new InvalidOperationException("the batch is full: flush first");
        }

        _vectors[_count].iov_len = (nuint)length;
        if (!_destination.IsBound)
        {
            var address = _addresses + (_count * FrameDestination.AddressRoom);
            _descriptors[_count] = _destination.Choose(new ReadOnlySpan<byte>(_slots + (_count * _stride), length), address, out var addressLength);
            _messages[_count].msg_name = address;
            _messages[_count].msg_namelen = addressLength;
        }

        _count++;
    }

    /// <inheritdoc/>
    public SendReport Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var count = _count;
        _count = 0;
        var sent = 0;
        var patience = new SendPatience();
        while (sent < count)
        {
            var end = sent + 1;
            while (end < count && _descriptors[end] == _descriptors[sent])
            {
                end++;
            }

            var taken = Libc.sendmmsg(_descriptors[sent], _messages + sent, (uint)(end - sent), 0);
            if (taken > 0)
            {
                sent += taken;
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted && !patience.WaitAfter(errno))
            {
                return new SendReport(sent, count - sent, SendFailures.Of(errno), errno);
            }
        }

        return new SendReport(sent, 0, SendFailure.None, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _destination.Dispose();
        NativeMemory.AlignedFree(_slots);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }
}
