using Portolan.Transport.Links;

namespace Portolan.Transport;

// The end: bounded in time, whatever peers and applications do.
public sealed partial class NetworkStack
{
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(10);

    private readonly List<TcpPipe> _pipes = [];
    private readonly HashSet<TcpAcceptor> _acceptors = [];
    private readonly HashSet<UdpEndpoint> _udp = [];
    private readonly List<TcpPipe> _starving = [];
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Instant _retryAt = Instant.Never;
    private Instant _endsAt = Instant.Never;
    private int _isDisposeAsked;
    private bool _mustEnd;

    /// <summary>Ends when the stack has: disposed, or failed because a link did; then with that error.</summary>
    public Task Completion => _over.Task;

    /// <summary>
    /// Closes all that is open and ends the stack. Listeners end at once. Connections send what was written, then FIN; after
    /// <see cref="NetworkStackOptions.CloseTimeout"/> those that are left are reset. Whoever still waits for the stack is told by an error.
    /// With a clock that is not advanced it takes no longer by the system's.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        BeginEnd();
        await _over.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="DisposeAsync"/>, and waits for it. A driven stack resets its connections at once.</summary>
    public void Dispose()
    {
        BeginEnd();
        if (Thread.CurrentThread != _thread)
        {
            ((IAsyncResult)_over.Task).AsyncWaitHandle.WaitOne();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A connection that lives as long as it is not over. On the stack's thread.</summary>
    internal void Remember(TcpPipe pipe)
    {
        pipe.Index = _pipes.Count;
        _pipes.Add(pipe);
    }

    /// <summary>The last takes its place. Once or more.</summary>
    internal void Forget(TcpPipe pipe)
    {
        if (pipe.Index >= 0)
        {
            var last = _pipes[^1];
            (_pipes[pipe.Index], last.Index, pipe.Index) = (last, pipe.Index, -1);
            _pipes.RemoveAt(_pipes.Count - 1);
        }
    }

    internal void Forget(TcpAcceptor acceptor) => _acceptors.Remove(acceptor);

    internal void Forget(UdpEndpoint endpoint) => _udp.Remove(endpoint);

    /// <summary>Memory was out for a writer, and nothing else will tell it that there is some again.</summary>
    internal void RetryLater(TcpPipe pipe)
    {
        _starving.Add(pipe);
        _retryAt = Instant.Earlier(_retryAt, Layers.Ip.Now + RetryTime);
    }

    private T ThrowIfEndingOr<T>(Func<Instant, T> function)
    {
        ThrowIfEnding();
        return Invoke(function);
    }

    private void ThrowIfEnding() => ObjectDisposedException.ThrowIf(_isDisposeAsked != 0 || _isOver, this);

    private void RunRetries(Instant now)
    {
        if (_retryAt > now)
        {
            return;
        }

        var pipes = _starving.ToArray();
        _starving.Clear();
        _retryAt = Instant.Never;
        foreach (var pipe in pipes)
        {
            ((IStackWork)pipe).Run(now);
        }
    }

    private void BeginEnd()
    {
        if (Interlocked.Exchange(ref _isDisposeAsked, 1) != 0)
        {
            return;
        }

        if (IsDriven)
        {
            CloseAll(_options.Time.GetInstant());
            EndAll();
        }
        else
        {
            Post(now =>
            {
                CloseAll(now);
                _endsAt = now + _options.CloseTimeout;
            });
            if (_options.Time != TimeProvider.System)
            {
                _ = EndInRealTimeAsync();
            }
        }
    }

    /// <summary>A clock that is not advanced must not keep a disposal.</summary>
    private async Task EndInRealTimeAsync()
    {
        await Task.WhenAny(_over.Task, Task.Delay(_options.CloseTimeout, TimeProvider.System)).ConfigureAwait(false);
        Post(now =>
        {
            AbortAll(now);
            _endsAt = now;
            _mustEnd = true;
        });
    }

    private void CloseAll(Instant now)
    {
        foreach (var acceptor in _acceptors.ToArray())
        {
            acceptor.Close(now);
        }

        foreach (var endpoint in _udp.ToArray())
        {
            endpoint.Dispose();
        }

        foreach (var pipe in _pipes.ToArray())
        {
            pipe.Close();
        }
    }

    /// <summary>Whether the stack may stop: nothing is left, or its time is over.</summary>
    private bool MayStop(Instant now)
    {
        if (now >= _endsAt && _pipes.Count > 0 && !_mustEnd)
        {
            AbortAll(now);
            _endsAt = now + _options.CloseTimeout;
        }

        return _endsAt != Instant.Never
            && (now >= _endsAt || (_pipes.Count == 0 && _work.IsEmpty && _held.IsEmpty && !Layers.Links.HasFramesUnderWay));
    }

    /// <summary>So that peers need not find out by themselves.</summary>
    private void AbortAll(Instant now)
    {
        foreach (var pipe in _pipes.ToArray())
        {
            pipe.Connection?.Abort(now);
        }

        Layers.Ip.Flush();
    }

    private void EndAll()
    {
        Exception reason = _failure is null ? new ObjectDisposedException(Name) : FailureAsError();
        _isOver = true;
        try
        {
            var now = _options.Time.GetInstant();
            Layers.Ip.AdvanceTo(now);
            AbortAll(now);
            CloseAll(now);
            Release();
            while (_work.TryDequeue(out var work))
            {
                work.Run(now);
            }

            Layers.Ip.Flush();
            Layers.Links.Step(now);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _failure ??= exception;
        }

        foreach (var pipe in _pipes.ToArray())
        {
            pipe.GiveUp(reason);
        }

        TellChanged();
        _metrics.Dispose();
        if (!IsDriven)
        {
            Layers.Links.Dispose();
        }

        if (_failure is null)
        {
            _over.TrySetResult();
        }
        else
        {
            _over.TrySetException(new IOException(FailureAsError().Message, _failure));
        }
    }
}
