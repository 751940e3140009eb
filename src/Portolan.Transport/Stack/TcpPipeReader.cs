using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>
/// Reads a connection's own receive buffer, without a copy. What a reader does not advance over stays in the buffer and keeps the window of
/// this one connection from opening. One reader at a time.
/// </summary>
/// <remarks>
/// Bytes of a result stay what they are until the reader advances over them, or completes. When the connection ends before, in whatever
/// way, they leave the stack's memory and are the garbage collector's (<see cref="Tcp.Buffers.ReceiveBuffer"/>).
/// </remarks>
internal sealed class TcpPipeReader(TcpPipe pipe) : PipeReader
{
    /// <summary>Bytes read that wait to be told to the stack while the reader does not wait for more.</summary>
    private const int UntoldLimit = 16 << 10;

    private const string What = "reading";

    /// <summary>The read that waits. The taker, under the gate, ends it.</summary>
    private ReadWait? _waiting;

    /// <summary>A wait whose result was taken.</summary>
    private ReadWait? _unused;
    private ReadSegment? _first;
    private ReadSegment? _last;
    private ReadSegment? _spare;
    private long _head;
    private long _tail;
    private long _examined;
    private long _untold;

    /// <summary>What the stack was told that the reader examined and keeps.</summary>
    private int _toldHeld;
    private bool _isCanceled;
    private bool _isEnd;
    private bool _isCompleted;

    /// <summary>
    /// Whether a stream's read copies into its caller's memory: until it has, nobody else reads, and what it looks at is not given back.
    /// </summary>
    private bool _isCopying;

    /// <summary>Whether reading has ended. Changed under the gate.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>
    /// Whether the reader has completed: it looks at nothing any more. When others end the stream it may be in the middle of a result.
    /// Under the gate.
    /// </summary>
    internal bool HasGivenBack => _isCompleted && !_isCopying;

    private NetworkStack Stack => pipe.Stack;

    private int Held => (int)Math.Max(0, _examined - _head);

    /// <summary>
    /// Whether somebody waits for bytes: whoever reads has nothing else to do with what came. Any thread, and true a little early or late.
    /// </summary>
    internal bool IsWaiting => Volatile.Read(ref _waiting) is not null;

    /// <summary>How far it has come: grows with what is taken or looked at. Any thread.</summary>
    internal long Progress
    {
        get
        {
            lock (pipe.Gate)
            {
                return _head + _examined;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        return TryTakeOrWait(null, cancellationToken, out var result) is { } wait
            ? new ValueTask<ReadResult>(wait, wait.Version)
            : new(result);
    }

    /// <summary>A stream's read: 0 at the end, and none for an empty destination.</summary>
    internal ValueTask<int> ReadIntoAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        TryTakeOrWait(destination, cancellationToken, out var result) is { } wait
            ? new ValueTask<int>(wait, wait.Version)
            : new(Copy(result, destination));

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

            ThrowIfCopying();
            mustAsk = Advance(consumed, examined);
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
            _isCompleted = true;
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

    /// <summary>
    /// Bytes that were read since the last time, and those that the reader has examined and keeps until more come. Under the gate.
    /// </summary>
    internal (int Consumed, int Held) TakeConsumed()
    {
        var count = (int)_untold;
        (_untold, _toldHeld) = (0, Held);
        return (count, _toldHeld);
    }

    /// <summary>Reading has ended. Under the gate; <see cref="Tell"/> comes afterwards.</summary>
    internal void Finish()
    {
        IsDone = true;
        (_first, _last, _spare) = (null, null, null);
    }

    /// <summary>Notifies one who waits, if there is something to tell.</summary>
    internal void Tell()
    {
        if (!IsWaiting)
        {
            // Who begins to wait now has seen under the gate what was to be told.
            return;
        }

        ReadResult result;
        ReadWait? wait;
        Exception? failure = null;
        lock (pipe.Gate)
        {
            wait = _waiting;
            if (wait is null)
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

            (_waiting, wait.Place) = (null, _head);
        }

        wait.Complete(result, failure ?? (result.IsCanceled && wait.Destination is not null ? Canceled() : null));
    }

    /// <summary>What is there; when nothing is, a wait begins, and is returned.</summary>
    private ReadWait? TryTakeOrWait(Memory<byte>? destination, CancellationToken cancellationToken, out ReadResult result)
    {
        bool mustAsk;
        ReadWait wait;
        lock (pipe.Gate)
        {
            ThrowIfNotReadable();
            if (TryTake(out result))
            {
                _isCopying = destination is not null && HasBytes(result);
                return null;
            }

            wait = Interlocked.Exchange(ref _unused, null) ?? new ReadWait(this);
            wait.Destination = destination;
            wait.Begin();
            _waiting = wait;
            mustAsk = (_untold > 0 || Held > _toldHeld) && pipe.MustAsk();
        }

        if (mustAsk)
        {
            pipe.Ask();
        }

        wait.EndBy(cancellationToken);
        return wait;
    }

    private static OperationCanceledException Canceled() => new("the read was canceled");

    private static bool HasBytes(in ReadResult result) => !result.IsCanceled && !result.Buffer.IsEmpty;

    /// <summary>What a stream's wait ended with, taken by its caller, perhaps much later.</summary>
    /// <param name="result">It.</param>
    /// <param name="place">Where it began.</param>
    /// <param name="destination">Where it goes.</param>
    private int TakeInto(in ReadResult result, long place, Memory<byte> destination)
    {
        if (HasBytes(result))
        {
            lock (pipe.Gate)
            {
                if (IsDone)
                {
                    // Nothing goes into the caller's memory by a read that fails.
                    throw StackErrors.Aborted(What);
                }

                ThrowIfCopying();
                ThrowIfTaken(place);
                _isCopying = true;
            }
        }

        return Copy(result, destination);
    }

    /// <summary>
    /// Not under the gate: the bytes stay what they are until they are advanced over, also when the stream ends meanwhile, and nobody else
    /// advances before this has. They were read before then.
    /// </summary>
    private int Copy(in ReadResult result, Memory<byte> destination)
    {
        if (result.IsCanceled)
        {
            throw Canceled();
        }

        if (result.Buffer.IsEmpty)
        {
            return 0;
        }

        var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, destination.Length));

        // Counted now: its segments get other places once they are read.
        var count = (int)part.Length;
        var end = part.Start;
        var mustAsk = false;
        try
        {
            part.CopyTo(destination.Span);
            end = part.End;
        }
        finally
        {
            lock (pipe.Gate)
            {
                _isCopying = false;
                mustAsk = !IsDone && Advance(end, end);
            }
        }

        if (mustAsk)
        {
            pipe.Ask();
        }

        return count;
    }

    /// <summary>
    /// Refuses a result that is taken when another read has advanced over its bytes: they may be those of other connections by now.
    /// </summary>
    private void ThrowIfTaken(long place)
    {
        if (place != Volatile.Read(ref _head))
        {
            throw new InvalidOperationException("another read has taken what this one read");
        }
    }

    /// <summary>Under the gate.</summary>
    private void ThrowIfCopying()
    {
        if (_isCopying)
        {
            throw new InvalidOperationException("another read is under way");
        }
    }

    /// <summary>Under the gate.</summary>
    /// <returns>Whether the stack must be asked to look.</returns>
    private bool Advance(SequencePosition consumed, SequencePosition examined)
    {
        var (from, to) = (PlaceOf(consumed, _head), PlaceOf(examined, _head));
        if (from < _head || to < from || to > _tail)
        {
            throw new InvalidOperationException("the position is not in what was read last");
        }

        _examined = Math.Max(_examined, to);
        Consume(from);
        return _untold >= UntoldLimit && pipe.MustAsk();
    }

    private void Cancel(ReadWait wait, CancellationToken token)
    {
        lock (pipe.Gate)
        {
            if (_waiting != wait)
            {
                return;
            }

            _waiting = null;
        }

        wait.Complete(default, new OperationCanceledException(token));
    }

    private void ThrowIfNotReadable()
    {
        if (IsDone)
        {
            throw pipe.IsDisposed ? StackErrors.Aborted(What) : new InvalidOperationException("reading was completed");
        }

        if (_waiting is not null)
        {
            throw new InvalidOperationException("another read is under way");
        }

        ThrowIfCopying();
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

    private sealed class ReadWait(TcpPipeReader reader)
        : PendingOperation<ReadResult>(reader.Stack), IValueTaskSource<ReadResult>, IValueTaskSource<int>
    {
        /// <summary>Where a stream's read wants its bytes; <c>null</c> of a read of the pipe.</summary>
        internal Memory<byte>? Destination { get; set; }

        /// <summary>Where what it read begins.</summary>
        internal long Place { get; set; }

        ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
        {
            var (place, result) = (Place, Take(token));
            if (!result.Buffer.IsEmpty)
            {
                reader.ThrowIfTaken(place);
            }

            return result;
        }

        int IValueTaskSource<int>.GetResult(short token)
        {
            var (place, destination) = (Place, Destination.GetValueOrDefault());
            return reader.TakeInto(Take(token), place, destination);
        }

        protected override void OnCanceled(CancellationToken token) => reader.Cancel(this, token);

        protected override void OnTaken()
        {
            Destination = null;
            Volatile.Write(ref reader._unused, this);
        }
    }
}
