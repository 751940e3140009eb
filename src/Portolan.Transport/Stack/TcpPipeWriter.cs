using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>
/// Takes what is written, up to a limit, for the stack to take it from there. A flush waits while more than the limit waits. When the
/// connection is over flushes say so by <see cref="FlushResult.IsCompleted"/>; a stream's writes throw. One writer at a time.
/// </summary>
/// <remarks>
/// Memory that it gave is the writer's until it advances, asks for other memory or completes, whatever ends the stream
/// (<see cref="WriteQueue"/>).
/// </remarks>
internal sealed class TcpPipeWriter(TcpPipe pipe) : PipeWriter
{
    private const string What = "writing";

    private WriteQueue _queue = new(pipe.Stack.WriteBlocks);

    /// <summary>The flush or the stream's write that waits. The taker, under the gate, ends it.</summary>
    private WriteWait? _waiting;

    /// <summary>A wait whose result was taken.</summary>
    private WriteWait? _unused;

    /// <summary>What a stream's write has given that does not fit the limit: the stack takes it from where it lies.</summary>
    private ReadOnlyMemory<byte> _direct;
    private bool _isStreamWrite;
    private bool _isCanceled;
    private bool _isCompleted;
    private bool _isDone;
    private bool _isShut;

    /// <summary>Whether a caller waits for room. Any thread, and true a little early or late.</summary>
    internal bool IsWaiting => Volatile.Read(ref _waiting) is not null;

    private NetworkStack Stack => pipe.Stack;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _queue.Unflushed;

    /// <summary>Whether the stack has taken all that was written.</summary>
    internal bool IsDrained
    {
        get
        {
            lock (pipe.Gate)
            {
                return _queue.Length == 0 && _direct.IsEmpty;
            }
        }
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (pipe.Gate)
        {
            ThrowIfCompleted();
            return _queue.Hold(Math.Max(1, sizeHint), isLost: _isDone || pipe.IsOver);
        }
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        lock (pipe.Gate)
        {
            _queue.Fill(bytes);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        bool mustAsk;
        WriteWait? wait;
        lock (pipe.Gate)
        {
            ThrowIfCompleted();
            _queue.Commit();
            if (pipe.IsOver)
            {
                Drop();
            }

            // What was written before the stream was closed is still sent, and no caller waits for it.
            wait = !_isCanceled && !_isDone && _queue.Length > LimitNow ? BeginWait(isStreamWrite: false) : null;
            mustAsk = _queue.Length > 0 && pipe.MustAsk();
        }

        Ask(mustAsk);
        if (wait is null)
        {
            return new ValueTask<FlushResult>(TakeResult());
        }

        wait.EndBy(cancellationToken);
        return new ValueTask<FlushResult>(wait, wait.Version);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
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
        if (exception is not null)
        {
            // What was written is not all there was to be: the peer must not take it for that.
            pipe.Abort();
        }

        bool mustAsk;
        lock (pipe.Gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _queue.Commit();
            _isCompleted = true;
            _queue.LetGo();
            if (pipe.IsOver)
            {
                Drop();
            }

            if (_isDone)
            {
                return;
            }

            _isDone = true;
            mustAsk = pipe.MustAsk();
        }

        Ask(mustAsk);
    }

    /// <summary>
    /// A stream's write: little is copied and done; of much the stack takes what it can from where it lies, and the write ends when it has
    /// all.
    /// </summary>
    internal ValueTask WriteStreamAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        bool mustAsk;
        WriteWait? wait = null;
        lock (pipe.Gate)
        {
            if (pipe.IsOver || _isDone)
            {
                return ValueTask.FromException(Failure());
            }

            ThrowIfCompleted();
            if (data.IsEmpty)
            {
                return default;
            }

            _queue.Commit();
            if (_queue.Length + data.Length > LimitNow)
            {
                _direct = data;
                wait = BeginWait(isStreamWrite: true);
            }
            else
            {
                _queue.Copy(data.Span);
            }

            mustAsk = pipe.MustAsk();
        }

        Ask(mustAsk);
        if (wait is null)
        {
            return default;
        }

        wait.EndBy(cancellationToken);
        return new ValueTask(wait, wait.Version);
    }

    /// <summary>Gives the connection what it takes. On the stack's thread. Returns whether one who waits may be told.</summary>
    internal bool Drain(TcpConnection connection, Instant now)
    {
        var (any, isFull) = (false, false);
        lock (pipe.Gate)
        {
            while (!isFull && NextPart() is { IsEmpty: false } part)
            {
                var taken = connection.Append(part.Span);
                any |= taken > 0;
                isFull = taken < part.Length;
                Take(taken);
            }
        }

        if (isFull)
        {
            connection.WantWrite();
            if (connection.IsSendQueueEmpty && !IsOver())
            {
                // Nothing is on its way whose acknowledgment would make room: it is memory that is out.
                pipe.Stack.RetryLater(pipe);
            }
        }

        if (any)
        {
            if (!pipe.Stack.RunsInline)
            {
                // It writes on, in a thread of its own, while the stack sends.
                Tell();
            }

            connection.Push(now);
        }

        Shut(connection, now);
        return any;
    }

    /// <summary>Writing has ended. Under the gate; <see cref="Tell"/> comes afterwards.</summary>
    internal void Finish(bool dropsQueue)
    {
        _queue.Commit();
        _queue.LoseHeld();
        _isDone = true;
        _direct = default;
        if (dropsQueue)
        {
            Drop();
        }
    }

    /// <summary>Notifies one who waits, if there is something to tell.</summary>
    internal void Tell()
    {
        if (!IsWaiting && _queue.IsEmpty)
        {
            // No caller is to be notified, and nothing to be dropped. Who begins to wait now has seen under the gate what was to be told.
            return;
        }

        Exception? failure = null;
        WriteWait? wait;
        lock (pipe.Gate)
        {
            if (pipe.IsOver)
            {
                Drop();
            }

            wait = _waiting;
            if (wait is null)
            {
                return;
            }

            // A stream's write that waits when writing ends fails, unless all of it was taken: the rest is not sent, for its memory is the
            // caller's again.
            if (pipe.IsOver || pipe.IsDisposed || (_isDone && !(_isStreamWrite && _direct.IsEmpty)))
            {
                failure = _isStreamWrite ? Failure() : null;
                _direct = default;
            }
            else if (_isStreamWrite ? !_direct.IsEmpty : !_isCanceled && _queue.Length > LimitNow / 2)
            {
                return;
            }

            _waiting = null;
        }

        wait.Complete(failure is null ? TakeResult() : default, failure);
    }

    private long LimitNow => pipe.Stack.WriteBlocks.IsShort ? 0 : pipe.Stack.WriteBufferLimit;

    private bool IsOver()
    {
        lock (pipe.Gate)
        {
            return pipe.IsOver;
        }
    }

    private FlushResult TakeResult()
    {
        lock (pipe.Gate)
        {
            var isCanceled = _isCanceled;
            _isCanceled = false;
            return new FlushResult(isCanceled, isCompleted: pipe.IsOver || pipe.IsDisposed);
        }
    }

    private IOException Failure()
    {
        if (pipe.IsDisposed)
        {
            return StackErrors.Aborted(What);
        }

        if (pipe.IsBroken)
        {
            return StackErrors.PeerIsGone($"{What} to {pipe.RemoteEndPoint}");
        }

        return pipe.Error == TcpError.None ? WriterIsShut() : pipe.Failures(pipe.Error, $"{What} to", pipe.RemoteEndPoint);
    }

    private IOException WriterIsShut() => StackErrors.WriterIsShut($"{What} to {pipe.RemoteEndPoint}");

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw WriterIsShut();
        }

        if (_waiting is not null)
        {
            throw new InvalidOperationException("another write is under way");
        }
    }

    private void Ask(bool mustAsk)
    {
        if (mustAsk)
        {
            pipe.Ask();
        }
    }

    private WriteWait BeginWait(bool isStreamWrite)
    {
        var wait = Interlocked.Exchange(ref _unused, null) ?? new WriteWait(this);
        wait.Begin();
        (_waiting, _isStreamWrite) = (wait, isStreamWrite);
        return wait;
    }

    private void Cancel(WriteWait wait, CancellationToken token)
    {
        lock (pipe.Gate)
        {
            if (_waiting != wait)
            {
                return;
            }

            (_waiting, _direct) = (null, default);
        }

        wait.Complete(default, new OperationCanceledException(token));
    }

    private ReadOnlyMemory<byte> NextPart() => _queue.Next(_isDone) is { IsEmpty: false } part ? part : _direct;

    private void Take(int count)
    {
        if (!_queue.TryTake(count, _isDone))
        {
            _direct = _direct[count..];
        }
    }

    /// <summary>What is written will not be sent.</summary>
    private void Drop()
    {
        _queue.Drop();
        _direct = default;
    }

    private void Shut(TcpConnection connection, Instant now)
    {
        bool mustShut;
        lock (pipe.Gate)
        {
            mustShut = _isDone && !_isShut && _queue.Length == 0 && _direct.IsEmpty && !pipe.IsDisposed;
            _isShut |= mustShut;
        }

        if (mustShut)
        {
            connection.Shutdown(now);
        }
    }

    private sealed class WriteWait(TcpPipeWriter writer)
        : PendingOperation<FlushResult>(writer.Stack), IValueTaskSource<FlushResult>, IValueTaskSource
    {
        FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => Take(token);

        void IValueTaskSource.GetResult(short token) => Take(token);

        protected override void OnCanceled(CancellationToken token) => writer.Cancel(this, token);

        protected override void OnTaken() => Volatile.Write(ref writer._unused, this);
    }
}
