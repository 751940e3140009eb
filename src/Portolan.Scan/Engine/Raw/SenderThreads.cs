using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Threads that send a pass together while the driving thread receives.</summary>
internal sealed class SenderThreads(RawContext context, PaceController pace) : IDisposable
{
    private readonly List<Thread> _threads = [];
    private volatile bool _isStopping;
    private Exception? _failure;

    /// <summary>They run.</summary>
    public bool IsRunning => _threads.Count > 0;

    /// <summary>Starts them on a pass. Their senders are opened here, in the driving thread's namespace.</summary>
    public void Start(ProbeSweep sweep)
    {
        _isStopping = false;
        for (var i = 0; i < context.SenderThreads; i++)
        {
            var sender = context.ThreadSender(i);
            sender.OpenAll();
            var thread = new Thread(() => Send(sweep, sender)) { IsBackground = true, Name = $"portolan sender {i}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Ends them; throws what ended one of them.</summary>
    public void Stop()
    {
        _isStopping = true;
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _threads.Clear();
        if (_failure is { } failure)
        {
            _failure = null;
            throw new InvalidOperationException("a sender failed", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = true;
        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }

    private void Send(ProbeSweep sweep, RawSender sender)
    {
        try
        {
            while (!_isStopping && !sweep.IsPassClaimed)
            {
                var now = context.Clock.Now;
                if (sweep.Step(sender, now, withAgain: false) == 0 && !sweep.IsPassClaimed)
                {
                    Pause(Math.Max(pace.ReadyAt(now, 64), sweep.ReadyAt(now)) - context.Clock.Now);
                }
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }

    private static void Pause(long nanoseconds)
    {
        const long WorthSleeping = 200_000;
        if (nanoseconds > WorthSleeping)
        {
            Thread.Sleep(1);
        }
        else
        {
            Thread.SpinWait(100);
        }
    }
}
