using System.Net;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>
/// A connection between two worlds: the stack's thread, which owns the <see cref="TcpConnection"/>, and whatever threads read and write.
/// The reader looks at the connection's own receive buffer; what is written waits in blocks until the stack takes it. Requests of the
/// application are flags under the gate, and one entry in the stack's queue stands for all of them.
/// </summary>
/// <remarks>Lock order: nothing else is locked, and no code of users runs, under the gate.</remarks>
internal sealed class TcpPipe : ITcpHandler, IStackWork
{
    private static readonly IPEndPoint Unconnected = new(IPAddress.Any, 0);

    private readonly TaskCompletionSource<TcpStream>? _opening;
    private TcpConnection? _connection;
    private FlowEnds _ends;
    private IPEndPoint? _local;
    private IPEndPoint? _remote;
    private TaskCompletionSource<TcpError>? _completion;
    private TaskCompletionSource? _inputEnd;
    private bool _hasInputEnded;
    private bool _hasPeerFin;
    private bool _isQueued;
    private bool _isAsking;
    private bool _mustTell;
    private bool _wantsClose;
    private bool _wantsAbort;
    private bool _isClosing;

    /// <summary>Set after the ends, which other threads read.</summary>
    private volatile bool _isAttached;

    internal TcpPipe(NetworkStack stack, TaskCompletionSource<TcpStream>? opening)
    {
        (Stack, _opening, Place) = (stack, opening, stack.NextPlace());
        Reader = new TcpPipeReader(this);
        Writer = new TcpPipeWriter(this);
    }

    /// <summary>The order in which the connections of a stack began.</summary>
    public long Place { get; }

    /// <summary>Its place among the connections of its stack that are not over; -1 for none. On the stack's thread.</summary>
    internal int Index { get; set; } = -1;

    internal NetworkStack Stack { get; }

    internal Lock Gate { get; } = new();

    internal TcpPipeReader Reader { get; }

    internal TcpPipeWriter Writer { get; }

    internal IPEndPoint LocalEndPoint =>
        (_local ??= _isAttached ? StackAddresses.ToEndPoint(_ends.Local, _ends.LocalPort, _ends.Zone) : null) ?? Unconnected;

    internal IPEndPoint RemoteEndPoint =>
        (_remote ??= _isAttached ? StackAddresses.ToEndPoint(_ends.Remote, _ends.RemotePort, _ends.Zone) : null) ?? Unconnected;

    /// <summary>Makes the exception of an end that was no orderly one.</summary>
    internal Func<TcpError, string, IPEndPoint, IOException> Failures { get; set; } = StackErrors.ToIOException;

    /// <summary>Whether the connection is over. Under the gate.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Why it is over. Under the gate.</summary>
    internal TcpError Error { get; private set; }

    /// <summary>
    /// Whether the peer wrote no more and then refused what this side wrote: for a writer that is a broken pipe rather than a reset. Under
    /// the gate.
    /// </summary>
    internal bool IsBroken => _hasPeerFin && Error == TcpError.Reset;

    /// <summary>Whether the application closed or aborted it. Under the gate.</summary>
    internal bool IsDisposed => _wantsClose || _wantsAbort;

    /// <summary>Who it is with, for messages.</summary>
    internal string Name => $"connection {LocalEndPoint} to {RemoteEndPoint}";

    /// <summary>Ends when the connection does.</summary>
    internal Task<TcpError> Completion
    {
        get
        {
            lock (Gate)
            {
                _completion ??= new TaskCompletionSource<TcpError>(TaskCreationOptions.RunContinuationsAsynchronously);
                if (IsOver)
                {
                    _completion.TrySetResult(Error);
                }

                return _completion.Task;
            }
        }
    }

    /// <summary>Ends when the peer says that it writes no more, or the connection is over.</summary>
    internal Task InputEnd
    {
        get
        {
            lock (Gate)
            {
                _inputEnd ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                NoteInputEnd(_hasInputEnded);
                return _inputEnd.Task;
            }
        }
    }

    /// <summary>The connection, on the stack's thread.</summary>
    internal TcpConnection? Connection => _connection;

    /// <summary>Takes a connection; on the stack's thread.</summary>
    internal void Attach(TcpConnection connection)
    {
        _connection = connection;
        (_ends, _isAttached) = (connection.Ends, true);
        connection.Handler = this;
    }

    /// <summary>Whether the queue must be told, once, that the application wants something. Under the gate.</summary>
    internal bool MustAsk() => !_isQueued && (_isAsking = _isQueued = true);

    internal void Ask()
    {
        Stack.Post(this);
        Volatile.Write(ref _isAsking, false);
    }

    /// <summary>
    /// Whether those who read and write have something to do, other than to wait for the stack. Any thread, and true a little late.
    /// </summary>
    internal bool IsBusy => Volatile.Read(ref _isAsking) || (!Reader.IsWaiting && !Writer.IsWaiting);

    /// <summary>No more reading or writing; what was written is still sent. Any thread.</summary>
    internal void Close() => End(isAbort: false);

    /// <summary>RST. Any thread.</summary>
    internal void Abort() => End(isAbort: true);

    void IStackWork.Run(Instant now)
    {
        bool wantsClose, wantsAbort, isDone, keepsUnread;
        (int Count, int Held) consumed;
        lock (Gate)
        {
            // A reader that completed has thrown away what had come, also when the stream is closed right after.
            (_isQueued, keepsUnread) = (false, _wantsClose && !Reader.HasGivenBack);
            (wantsClose, wantsAbort, isDone, consumed) = (_wantsClose, _wantsAbort, Reader.IsDone, Reader.TakeConsumed());
        }

        if (_connection is not { } connection)
        {
            return;
        }

        connection.Consume(consumed.Count, consumed.Held, now);
        if (wantsAbort)
        {
            EndLoan(connection);
            connection.Abort(now);
            return;
        }

        if (isDone)
        {
            EndReading(connection, now, keepsUnread);
        }

        Drain(connection, now);
        if (wantsClose && !_isClosing && (Writer.IsDrained || connection.Readable > 0 || IsOver))
        {
            _isClosing = true;
            connection.Close(now);
        }
    }

    void ITcpHandler.OnEstablished(TcpConnection connection, Instant now)
    {
        if (_opening is not null && !_opening.TrySetResult(new TcpStream(this)))
        {
            // No caller waits for it any more.
            connection.Abort(now);
        }
    }

    void ITcpHandler.OnReadable(TcpConnection connection, Instant now)
    {
        bool isDone, isClosing;
        (int Count, int Held) consumed;
        lock (Gate)
        {
            (isDone, isClosing) = (Reader.IsDone, _wantsClose);
            consumed = isDone ? Reader.TakeConsumed() : default;
            if (!isDone)
            {
                Reader.Publish(connection);
            }

            _hasPeerFin |= connection.HasPeerFin;
            NoteInputEnd(connection.HasPeerFin);
        }

        if (isDone)
        {
            // What was read and not told yet is not lost: the peer's FIN may come between disposing and the turn that closes.
            connection.Consume(consumed.Count, consumed.Held, now);
            EndReading(connection, now, keepsUnread: isClosing && !_isClosing);
            if (isClosing && connection.Readable > 0 && !_isClosing)
            {
                // RFC 9293 section 3.6.1: it is lost, and the peer must learn that.
                _isClosing = true;
                connection.Close(now);
            }
        }

        MustTell();
    }

    void ITcpHandler.OnWritable(TcpConnection connection, Instant now)
    {
        Drain(connection, now);
        if (_wantsClose && !_isClosing && Writer.IsDrained)
        {
            _isClosing = true;
            connection.Close(now);
        }
    }

    void ITcpHandler.OnClosed(TcpConnection connection, TcpError reason, Instant now)
    {
        lock (Gate)
        {
            if (!Reader.IsDone)
            {
                Reader.Publish(connection);
            }

            (IsOver, Error) = (true, reason);
            _hasPeerFin |= connection.HasPeerFin;

            // What is not read yet is the reader's alone: if it never reads on, the stack has lost nothing.
            connection.Consume(Reader.TakeConsumed().Consumed, now);
            EndLoan(connection);
            connection.LetGoOfUnread();
            _completion?.TrySetResult(reason);
            NoteInputEnd(isEnd: true);
        }

        Stack.Forget(this);
        _opening?.TrySetException(StackErrors.ToSocketException(reason, "connecting to", RemoteEndPoint));
        MustTell();
    }

    /// <summary>Notifies those who wait; on the stack's thread, when it is in the middle of nothing.</summary>
    internal void Tell()
    {
        _mustTell = false;
        Reader.Tell();
        Writer.Tell();
    }

    /// <summary>The stack is gone without the connection having ended.</summary>
    internal void GiveUp(Exception reason)
    {
        lock (Gate)
        {
            if (!IsOver)
            {
                (IsOver, Error) = (true, TcpError.Aborted);
                _completion?.TrySetResult(TcpError.Aborted);
                NoteInputEnd(isEnd: true);
            }
        }

        _opening?.TrySetException(reason);
        Tell();
    }

    internal void MustTell()
    {
        if (!_mustTell)
        {
            _mustTell = true;
            Stack.MustTell(this);
        }
    }

    private void NoteInputEnd(bool isEnd)
    {
        _hasInputEnded |= isEnd;
        if (isEnd)
        {
            _inputEnd?.TrySetResult();
        }
    }

    private void End(bool isAbort)
    {
        bool mustAsk;
        lock (Gate)
        {
            if (_wantsAbort || (_wantsClose && !isAbort))
            {
                return;
            }

            (_wantsClose, _wantsAbort) = (true, _wantsAbort || isAbort);
            Reader.Finish();
            Writer.Finish(dropsQueue: isAbort);
            mustAsk = MustAsk();
        }

        Reader.Tell();
        Writer.Tell();
        if (mustAsk)
        {
            Ask();
        }
    }

    /// <summary>Only the reader ends its loan; who closes or aborts may be another thread than the one that reads.</summary>
    private void EndLoan(TcpConnection connection)
    {
        lock (Gate)
        {
            if (Reader.HasGivenBack)
            {
                connection.EndLoan();
            }
        }
    }

    private void EndReading(TcpConnection connection, Instant now, bool keepsUnread)
    {
        EndLoan(connection);
        if (!keepsUnread && connection.Readable > 0)
        {
            connection.Discard(now);
        }
    }

    private void Drain(TcpConnection connection, Instant now)
    {
        if (Writer.Drain(connection, now))
        {
            MustTell();
        }
    }
}
