using System.Runtime.ExceptionServices;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Threads beside the driving one, for one pass.</summary>
internal sealed class OtherWorkers : IDisposable
{
    private readonly List<Thread> _threads = [];
    private volatile ExceptionDispatchInfo? _failure;

    /// <summary>Starts <paramref name="count"/> threads, numbered from 1.</summary>
    public OtherWorkers(int count, Action<int> work)
    {
        for (var i = 1; i <= count; i++)
        {
            var number = i;
            var thread = new Thread(() => Run(work, number)) { IsBackground = true, Name = $"connect {number}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Waits for all of them, up to a time; <c>true</c> when they have ended.</summary>
    public bool Wait(TimeSpan timeout)
    {
        foreach (var thread in _threads)
        {
            if (!thread.Join(timeout))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Throws what a thread failed with.</summary>
    public void ThrowFailure() => _failure?.Throw();

    /// <summary>Waits for all.</summary>
    public void Dispose() => _threads.ForEach(static thread => thread.Join());

    private void Run(Action<int> work, int number)
    {
        try
        {
            work(number);
        }
#pragma warning disable CA1031 // Thrown again on the driving thread, whatever it is.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }
}
