using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>Frames that wait for a receiver. Buffers are used again, so that nothing is allocated in steady state.</summary>
/// <remarks>Any threads; frames are handed over on the receiver's without a lock held.</remarks>
/// <param name="capacity">The most frames that wait.</param>
internal sealed class FrameQueue(int capacity) : IDisposable
{
    private const int Batch = 64;

    /// <summary>How many frames before its turn one is announced.</summary>
    private const int Ahead = 8;

    private readonly Lock _lock = new();
    private readonly Queue<Frame> _frames = new();
    private readonly Stack<byte[]> _unused = new();
    private readonly Frame[] _batch = new Frame[Batch];
    private readonly ManualResetEventSlim _arrived = new(initialState: false);
    private long _dropped;
    private volatile int _count;
    private int _taken;
    private bool _isWoken;
    private bool _isAwaited;

    internal long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>How many more frames there is room for.</summary>
    internal int Free => capacity - _count;

    internal bool IsEmpty => Free == capacity;

    internal bool TryAdd(ReadOnlySpan<byte> frame, long timestamp)
    {
        lock (_lock)
        {
            if (_frames.Count >= capacity)
            {
                Interlocked.Increment(ref _dropped);
                return false;
            }

            if (!_unused.TryPop(out var buffer) || buffer.Length < frame.Length)
            {
                buffer = new byte[Math.Max(frame.Length, 256)];
            }

            frame.CopyTo(buffer);
            _frames.Enqueue(new Frame(buffer, frame.Length, timestamp));
            _count = _frames.Count;
            Signal();
        }

        return true;
    }

    internal int Receive(IFrameSink sink, TimeSpan timeout)
    {
        var count = _count == 0 ? 0 : Take();
        if (count == 0 && timeout > TimeSpan.Zero)
        {
            Wait(timeout);
            count = Take();
        }

        // A few frames are taken before what is asked for could come.
        var announces = count > Ahead;
        for (var i = announces ? -Ahead : 0; i < count; i++)
        {
            if (announces)
            {
                sink.Announce(i + Ahead < count ? _batch[i + Ahead].Buffer.AsSpan(0, _batch[i + Ahead].Length) : default);
            }

            if (i < 0)
            {
                continue;
            }

            sink.OnFrame(_batch[i].Buffer.AsSpan(0, _batch[i].Length), _batch[i].Timestamp);
        }

        return count;
    }

    internal void Wake()
    {
        lock (_lock)
        {
            _isWoken = true;
            Signal();
        }
    }

    public void Dispose() => _arrived.Dispose();

    /// <summary>Takes what waits, and has the buffers of the batch before used again.</summary>
    private int Take()
    {
        lock (_lock)
        {
            for (; _taken > 0; _taken--)
            {
                _unused.Push(_batch[_taken - 1].Buffer);
            }

            while (_taken < Batch && _frames.TryDequeue(out var frame))
            {
                _batch[_taken++] = frame;
            }

            _count = _frames.Count;
            return _taken;
        }
    }

    /// <summary>Waits for frames. A wake ends one wait, also one that begins after it.</summary>
    private void Wait(TimeSpan timeout)
    {
        lock (_lock)
        {
            _isAwaited = _frames.Count == 0 && !_isWoken;
        }

        if (_isAwaited)
        {
            _arrived.Wait(timeout);
        }

        lock (_lock)
        {
            (_isAwaited, _isWoken) = (false, false);
            _arrived.Reset();
        }
    }

    /// <summary>Under the lock. Only waiting callers are notified.</summary>
    private void Signal()
    {
        if (_isAwaited)
        {
            _arrived.Set();
        }
    }

    private readonly record struct Frame(byte[] Buffer, int Length, long Timestamp);
}
