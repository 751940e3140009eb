using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// Sends batches: the first ones with sendmmsg, and through AF_XDP where an Ethernet interface allows it once many have gone.
/// </summary>
internal sealed class BatchSender : IFrameSender
{
    /// <summary>
    /// Frames before AF_XDP is tried: opening and closing it takes some 10 ms (the kernel waits for all processors), as long as it takes to
    /// send these.
    /// </summary>
    private const int FramesBeforeXdp = 16_384;

    /// <summary>Frames after which it is tried again, where it was not to be had or was lost.</summary>
    private const int FramesBetweenTries = 1 << 20;

    private readonly FrameSlots _slots;
    private readonly MessageTransmitter _messages;
    private readonly XdpQueue? _queue;
    private XdpTransmitter? _xdp;
    private int _count;
    private int _untilXdp = FramesBeforeXdp;
    private bool _isDisposed;

    /// <summary>Makes a sender.</summary>
    /// <param name="slots">Room for the frames, given back when this is disposed.</param>
    /// <param name="destination">The sockets, which are closed with this.</param>
    /// <param name="queue">The queue to send on with AF_XDP, or <c>null</c>.</param>
    internal BatchSender(FrameSlots slots, FrameDestination destination, XdpQueue? queue)
    {
        _slots = slots;
        _messages = new MessageTransmitter(_slots, destination);
        _queue = queue;
    }

    /// <inheritdoc/>
    public Span<byte> Reserve()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _count == FrameSlots.Count ? default : _slots[_count];
    }

    /// <inheritdoc/>
    public void Commit(int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _slots.SlotLength);
        if (_count == FrameSlots.Count)
        {
            throw new InvalidOperationException("the batch is full: flush first");
        }

        _messages.Add(_count++, length);
    }

    /// <inheritdoc/>
    public SendReport Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var count = _count;
        _count = 0;
        if (_xdp is null && _queue is not null && (_untilXdp -= count) < 0)
        {
            _xdp = _queue.TryJoin(_slots);
            _untilXdp = FramesBetweenTries;
        }

        var sent = 0;
        if (_xdp is not null)
        {
            sent = _xdp.TrySend(_messages, count);
            if (sent < count)
            {
                // The interface went down, or lost its queue. The other way says why, and after many frames this one is tried anew.
                _xdp.Dispose();
                _xdp = null;
            }
        }

        return _messages.Send(sent, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _xdp?.Dispose();
        _messages.Dispose();
        _slots.Dispose();
    }
}
