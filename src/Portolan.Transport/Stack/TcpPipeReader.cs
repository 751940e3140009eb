using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>
/// Reads a connection's own receive buffer, without a copy. What a reader does not advance over stays in the buffer and keeps the window of this one
/// connection from opening. One reader at a time.
/// </summary>
internal sealed class TcpPipeReader(TcpPipe pipe) : PipeReader, IValueTaskSource<ReadResult>, IValueTaskSource<int>
{
    /// <summary>Bytes read that wait to be told to the stack while the reader does not wait for more.</summary>
    private const int UntoldLimit = 16 << 10;

    private const string What = "reading";

    private ManualResetValueTaskSourceCore<ReadResult> _waiting = new() { RunContinuationsAsynchronously = !pipe.Stack.RunsInline };
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;

    /// <summary>Where a stream's read wants its bytes.</summary>
    private Memory<byte> _destination;
    private ReadSegment? _first;
    private ReadSegment? _last;
    private ReadSegment? _spare;
    private long _head;
    private long _tail;
    private long _examined;
    private long _untold;
    private bool _isWaiting;
    private bool _isCanceled;
    private bool _isEnd;

    /// <summary>Whether nobody reads any more. Under the gate.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>Whether somebody waits for bytes: whoever reads has nothing else to do with what came. Any thread, and true a little early or late.</summary>
    internal bool IsWaiting => Volatile.Read(ref _isWaiting);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        return TryTakeOrWait(cancellationToken, out var result, out var version) ? new(result) : new ValueTask<ReadResult>(this, version);
    }

    /// <summary>A stream's read: 0 at the end, and none for an empty destination.</summary>
    internal ValueTask<int> ReadIntoAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (TryTakeOrWait(cancellationToken, out var result, out var version))
        {
            return new(TakeInto(result, destination.Span));
        }

        _destination = destination;
        return new ValueTask<int>(this, version);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        lock (pipe.Gate)
        {
            ThrowIfNotReadable();
            return TryTake(out result);
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        bool mustAsk;
        lock (pipe.Gate)
        {
            if (IsDone)
            {
                return;
            }

            var (from, to) = (PlaceOf(consumed, _head), PlaceOf(examined, _head));
            if (from < _head || to < from || to > _tail)
            {
                throw new InvalidOperationException("the position is not in what was read last");
            }

            _examined = Math.Max(_examined, to);
            Consume(from);
            mustAsk = _untold >= UntoldLimit && pipe.MustAsk();
        }

        if (mustAsk)
        {
            pipe.Ask();
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        lock (pipe.Gate)
        {
            _isCanceled = true;
        }

        Tell();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        bool mustAsk;
        lock (pipe.Gate)
        {
            if (IsDone)
            {
                return;
            }

            Finish();
            mustAsk = pipe.MustAsk();
        }

        Tell();
        if (mustAsk)
        {
            pipe.Ask();
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => EndWait(token);

    int IValueTaskSource<int>.GetResult(short token)
    {
        var destination = _destination;
        _destination = default;
        return TakeInto(EndWait(token), destination.Span);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiting.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    /// <remarks>A stream's read ends in the context in which it began, whatever the library's code in between wants: a lab in virtual time sees by it who is at work.</remarks>
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags | ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    /// <summary>Shows the reader what has come. On the stack's thread, under the gate.</summary>
    internal void Publish(TcpConnection connection)
    {
        while (connection.Readable > 0 && connection.Lend(_tail) is { IsEmpty: false } more)
        {
            if (_last is null || !_last.TryExtend(more))
            {
                var segment = _spare ?? new ReadSegment();
                _spare = null;
                segment.Set(_tail, more);
                _last?.Append(segment);
                _last = segment;
                _first ??= segment;
            }

            _tail += more.Length;
        }

        _isEnd |= connection.HasPeerFin;
    }

    /// <summary>Bytes that were read since the last time. Under the gate.</summary>
    internal long TakeConsumed()
    {
        var count = _untold;
        _untold = 0;
        return count;
    }

    /// <summary>Nobody reads any more. Under the gate; <see cref="Tell"/> comes afterwards.</summary>
    internal void Finish()
    {
        IsDone = true;
        (_first, _last, _spare) = (null, null, null);
    }

    /// <summary>Tells one who waits, if there is something to tell.</summary>
    internal void Tell()
    {
        if (!IsWaiting)
        {
            // Who begins to wait now has seen under the gate what was to be told.
            return;
        }

        ReadResult result;
        Exception? failure = null;
        lock (pipe.Gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            if (IsDone)
            {
                (result, failure) = (default, StackErrors.Aborted(What));
            }
            else if (!TryTake(out result, ref failure))
            {
                return;
            }

            _isWaiting = false;
        }

        Complete(result, failure);
    }

    /// <summary>What is there; when nothing is, the wait begins.</summary>
    /// <returns>Whether there is a result.</returns>
    private bool TryTakeOrWait(CancellationToken cancellationToken, out ReadResult result, out short version)
    {
        bool mustAsk;
        lock (pipe.Gate)
        {
            ThrowIfNotReadable();
            version = 0;
            if (TryTake(out result))
            {
                return true;
            }

            _waiting.Reset();
            (version, _isWaiting, _token) = (_waiting.Version, true, cancellationToken);
            mustAsk = _untold > 0 && pipe.MustAsk();
        }

        if (mustAsk)
        {
            pipe.Ask();
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static state => ((TcpPipeReader)state!).CancelByToken(), this);
        }

        return false;
    }

    private ReadResult EndWait(short token)
    {
        _registration.Dispose();
        _registration = default;
        return _waiting.GetResult(token);
    }

    private int TakeInto(in ReadResult result, Span<byte> destination)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("the read was canceled");
        }

        var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, destination.Length));
        part.CopyTo(destination);
        var count = (int)part.Length;
        if (!result.Buffer.IsEmpty)
        {
            AdvanceTo(part.End);
        }

        return count;
    }

    private void CancelByToken()
    {
        lock (pipe.Gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        Complete(default, new OperationCanceledException(_token));
    }

    private void Complete(in ReadResult result, Exception? failure)
    {
        if (failure is null)
        {
            _waiting.SetResult(result);
        }
        else
        {
            _waiting.SetException(failure);
        }
    }

    private void ThrowIfNotReadable()
    {
        if (IsDone)
        {
            throw pipe.IsDisposed ? StackErrors.Aborted(What) : new InvalidOperationException("reading was completed");
        }

        if (_isWaiting)
        {
            throw new InvalidOperationException("another read is under way");
        }
    }

    private bool TryTake(out ReadResult result)
    {
        Exception? failure = null;
        var isThere = TryTake(out result, ref failure);
        return failure is null ? isThere : throw failure;
    }

    private bool TryTake(out ReadResult result, ref Exception? failure)
    {
        var isOver = _isEnd || (pipe.IsOver && pipe.Error == TcpError.None);
        if (_isCanceled || _tail > _examined || isOver)
        {
            result = new ReadResult(Unread(), _isCanceled, isCompleted: isOver);
            _isCanceled = false;
            return true;
        }

        result = default;
        if (pipe.IsOver)
        {
            failure = pipe.Failures(pipe.Error, "reading from", pipe.RemoteEndPoint);
        }

        return pipe.IsOver;
    }

    private ReadOnlySequence<byte> Unread() => _first is null
        ? ReadOnlySequence<byte>.Empty
        : new ReadOnlySequence<byte>(_first, (int)(_head - _first.RunningIndex), _last!, _last!.Memory.Length);

    private static long PlaceOf(SequencePosition position, long head) =>
        position.GetObject() is ReadSegment segment ? segment.RunningIndex + position.GetInteger() : head;

    private void Consume(long place)
    {
        _untold += place - _head;
        _head = place;
        while (_first is { } first && first.End <= place)
        {
            _first = first.Following;
            if (_first is null)
            {
                _last = null;
            }

            _spare = first;
        }
    }
}
