using Portolan.Forwarding.Engine;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// Keeps an engine going on a thread of its own: names, checks, and the end in order. What is printed may be waited for as long as its
/// reader likes; what is forwarded does not wait with it.
/// </summary>
internal sealed class ForwardKeeper : IDisposable
{
    /// <summary>So often it looks whether there is something to do.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    /// <summary>Listeners are closed well before; connections that drain go with the process.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    private readonly IForwardEngine _engine;
    private readonly TimeSpan _drain;
    private readonly CancellationTokenSource _end;
    private readonly Task<int> _task;
    private bool _isAbandoned;

    /// <summary>Begins.</summary>
    /// <param name="engine">A started engine.</param>
    /// <param name="drain">How long connections may go on at the end.</param>
    /// <param name="refresh">What is done again and again; it never waits.</param>
    /// <param name="cancellationToken">Ends it in order.</param>
    public ForwardKeeper(IForwardEngine engine, TimeSpan drain, Action<CancellationToken> refresh, CancellationToken cancellationToken)
    {
        (_engine, _drain) = (engine, drain);
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _task = Task.Factory.StartNew(() => Keep(refresh), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits at most so long for the engine's end; whether it came.</summary>
    /// <param name="time">How long.</param>
    /// <param name="reset">How many connections were reset.</param>
    public bool WaitForEnd(TimeSpan time, out int reset)
    {
        if (!((IAsyncResult)_task).AsyncWaitHandle.WaitOne(time))
        {
            reset = 0;
            return false;
        }

        reset = _task.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>
    /// Ends the engine at once, if it does not end already: also when stdout is closed, files of Unix sockets are removed.
    /// </summary>
    public void Dispose()
    {
        Volatile.Write(ref _isAbandoned, true);
        _end.Cancel();
        ((IAsyncResult)_task).AsyncWaitHandle.WaitOne(LongestEnd);
        _end.Dispose();
    }

    private int Keep(Action<CancellationToken> refresh)
    {
        try
        {
            while (!_end.IsCancellationRequested)
            {
                refresh(_end.Token);
                _end.Token.WaitHandle.WaitOne(Slice);
            }
        }
        catch
        {
            _engine.Stop(TimeSpan.Zero);
            throw;
        }

        return _engine.Stop(Volatile.Read(ref _isAbandoned) ? TimeSpan.Zero : _drain);
    }
}
