using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TcpListener = Portolan.Transport.Tcp.TcpListener;

namespace Portolan.Transport;

/// <summary>Accepts the connections of a port. Made by <see cref="NetworkStack.ListenTcp"/>.</summary>
/// <remarks>Any threads; several may wait at once.</remarks>
public sealed class TcpAcceptor : IStackWork, IDisposable
{
    /// <summary>Connections taken ahead of who accepts.</summary>
    private const int MostAhead = 64;

    private readonly NetworkStack _stack;
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<TcpStream>> _waiting = new();
    private readonly Queue<TcpStream> _unclaimed = new();

    /// <summary>What a turn takes, until it is offered.</summary>
    private readonly List<TcpStream> _taken = [];
    private TcpListener? _listener;
    private bool _isDisposed;
    private bool _isAsked;

    /// <summary>Whether a program has asked for a connection.</summary>
    private bool _isAccepting;

    internal TcpAcceptor(NetworkStack stack, TcpListener listener, IPEndPoint endPoint)
    {
        (_stack, _listener, LocalEndPoint) = (stack, listener, endPoint);

        // Who goes on at once must not do so while the stack is in the middle of a segment. A thread matches once for all segments that it
        // takes together, but when there is no room for the next.
        listener.Ready = stack.RunsInline ? _ => Ask() : stack.IsDriven ? _ => Match() : MatchSoon;
    }

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for a connection.</summary>
    /// <returns>The oldest connection that waits.</returns>
    /// <exception cref="SocketException"><see cref="SocketError.OperationAborted"/>: it was disposed meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed before.</exception>
    /// <example><code>await using var accepted = await acceptor.AcceptAsync();</code></example>
    public ValueTask<TcpStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TcpStream>(cancellationToken);
        }

        TaskCompletionSource<TcpStream> accepted;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return ValueTask.FromException<TcpStream>(new ObjectDisposedException(GetType().FullName));
            }

            _isAccepting = true;
            if (_unclaimed.TryDequeue(out var unclaimed))
            {
                return new(unclaimed);
            }

            // Those who gave up leave, or one who polls would fill the queue.
            while (_waiting.TryPeek(out var oldest) && oldest.Task.IsCompleted)
            {
                _waiting.Dequeue();
            }

            accepted = new(_stack.RunsInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(accepted);
        }

        // A connection that comes from here on finds who waits: the stack adds it, locks and looks, this side locks, adds and looks.
        Interlocked.MemoryBarrier();
        if (_listener is not { WaitingCount: 0 })
        {
            _stack.Post(this);
        }

        return WaitAsync(accepted, cancellationToken);
    }

    /// <summary>All connections that come, until it is disposed.</summary>
    /// <returns>The connections, in the order in which their handshakes were done.</returns>
    /// <example>
    /// <code>
    /// await foreach (var accepted in acceptor.AcceptAllAsync())
    /// {
    ///     await accepted.DisposeAsync();
    /// }
    /// </code>
    /// </example>
    public async IAsyncEnumerable<TcpStream> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            TcpStream stream;
            try
            {
                stream = await AcceptAsync(cancellationToken);
            }
            catch (Exception exception)
                when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                yield break;
            }

            yield return stream;
        }
    }

    /// <summary>Listens no more. Connections that wait to be accepted are reset; those that were accepted stay.</summary>
    public void Dispose()
    {
        if (End())
        {
            _stack.Post(this);
        }
    }

    void IStackWork.Run(Instant now)
    {
        _isAsked = false;
        if (_isDisposed)
        {
            Close(now);
        }
        else
        {
            Match();
        }
    }

    /// <summary>On the stack's thread.</summary>
    internal void Close(Instant now)
    {
        End();
        _listener?.Close(now);
        if (_listener is not null)
        {
            _stack.Forget(this);
        }

        _listener = null;
    }

    /// <summary>Has its next turn match, once. On the stack's thread.</summary>
    private void Ask()
    {
        if (!_isAsked)
        {
            _isAsked = true;
            _stack.Post(this);
        }
    }

    private void MatchSoon(TcpListener listener)
    {
        if (listener.IsFull)
        {
            Match();
        }
        else
        {
            Ask();
        }
    }

    private bool End()
    {
        TaskCompletionSource<TcpStream>[] waiting;
        TcpStream[] unclaimed;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            _isDisposed = true;
            (waiting, unclaimed) = ([.. _waiting], [.. _unclaimed]);
            _waiting.Clear();
            _unclaimed.Clear();
        }

        foreach (var one in waiting)
        {
            one.TrySetException(new SocketException((int)SocketError.OperationAborted, $"{LocalEndPoint} listens no more"));
        }

        foreach (var stream in unclaimed)
        {
            stream.Abort();
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<TcpStream> WaitAsync(TaskCompletionSource<TcpStream> accepted, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<TcpStream>)state!).TrySetCanceled(token), accepted);
        return await accepted.Task;
    }

    /// <summary>Gives connections to those who wait. On the stack's thread.</summary>
    private void Match()
    {
        // Who comes just now may take what was meant for one who waits: as long as anything changes hands there may be more to do.
        bool any;
        do
        {
            any = _listener is { WaitingCount: > 0 } listener && TakeAll(listener);
            any |= GiveAll();
        }
        while (any && _listener is { WaitingCount: > 0 });
    }

    /// <summary>
    /// Takes connections of the stack's: for each who waits, and some ahead. Who accepts in a loop then finds all but the first without
    /// waiting.
    /// </summary>
    /// <returns>Whether there were any.</returns>
    private bool TakeAll(TcpListener listener)
    {
        for (var left = RoomFor(listener); left > 0 && listener.TryAccept(out var connection); left--)
        {
            var pipe = new TcpPipe(_stack, opening: null);
            _stack.Remember(pipe);
            pipe.Attach(connection);
            _taken.Add(new TcpStream(pipe));
        }

        var any = _taken.Count > 0;
        if (any)
        {
            Offer(_taken);
            _taken.Clear();
        }

        return any;
    }

    /// <summary>
    /// How many connections may be taken. Of those that nobody has asked for yet some only, and an eighth of the backlog at most, so that
    /// who accepts slowly, or no more, has few of them; a driven stack takes none ahead.
    /// </summary>
    private int RoomFor(TcpListener listener)
    {
        lock (_lock)
        {
            var room = (_isAccepting && !_stack.IsDriven && !_isDisposed ? Math.Min(MostAhead, listener.Request.Backlog / 8) : 0)
                - _unclaimed.Count;
            var most = listener.WaitingCount;
            foreach (var waiting in _waiting)
            {
                room += waiting.Task.IsCompleted ? 0 : 1;
                if (room >= most)
                {
                    break;
                }
            }

            return room;
        }
    }

    /// <summary>Gives what was taken to those who wait.</summary>
    /// <returns>Whether there was anything to give and somebody to give it to.</returns>
    private bool GiveAll()
    {
        var any = false;
        while (TryTakeUnclaimed(out var stream, out var waiting))
        {
            any = true;
            if (!waiting.TrySetResult(stream))
            {
                Offer([stream]);
            }
        }

        return any;
    }

    private bool TryTakeUnclaimed(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TcpStream? stream,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TaskCompletionSource<TcpStream>? waiting)
    {
        lock (_lock)
        {
            stream = null;
            waiting = null;
            return _unclaimed.Count > 0 && TryTakeWaiting(out waiting) && _unclaimed.TryDequeue(out stream);
        }
    }

    private void Offer(List<TcpStream> streams)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                foreach (var stream in streams)
                {
                    _unclaimed.Enqueue(stream);
                }

                return;
            }
        }

        streams.ForEach(static s => s.Abort());
    }

    private bool TryTakeWaiting([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TaskCompletionSource<TcpStream>? waiting)
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out waiting))
            {
                if (!waiting.Task.IsCompleted)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
