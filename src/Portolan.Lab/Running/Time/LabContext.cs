using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>
/// Brings what services and scenarios wait for back to the lab's thread, in order. So they need no locks, and what they do repeats with the
/// seed.
/// </summary>
/// <param name="loop">The lab's loop.</param>
/// <param name="served">The connection that other threads work on for it; <c>null</c> for all that is on the loop's thread alone.</param>
/// <param name="number">Its place among those of the lab.</param>
/// <param name="isBare">
/// Whether those go on without it who wait in it, as they would on the thread pool: what the framework awaits with
/// <c>ConfigureAwait(false)</c> then goes on at once, on the same thread.
/// </param>
internal sealed class LabContext(LabLoop loop, TcpStream? served = null, long number = 0, bool isBare = false) : SynchronizationContext
{
    /// <summary>The connection that other threads work on; <c>null</c> for none in particular.</summary>
    internal TcpStream? Served => served;

    /// <summary>When they began to work on it: what several of them end goes on in this order. 0 for none in particular.</summary>
    internal long Number => number;

    /// <summary>
    /// What the calling async method awaits from now on is known to be the work of other threads on a connection. Its caller keeps its own
    /// context.
    /// </summary>
    internal static void Enter(TcpStream stream)
    {
        if (Current is LabContext { IsVirtual: true } context)
        {
            SetSynchronizationContext(context.For(stream));
        }
    }

    /// <summary>Runs something as its own.</summary>
    internal void Run(SendOrPostCallback call, object? state)
    {
        var before = Current;
        if (before == this)
        {
            call(state);
            return;
        }

        SetSynchronizationContext(isBare ? null : this);
        try
        {
            call(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => loop.Continue(d, state, this);

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (loop.IsOwner)
        {
            d(state);
            return;
        }

        using var done = new ManualResetEventSlim();
        loop.Post(
            _ =>
            {
                d(state);
                done.Set();
            },
            null);
        done.Wait();
    }

    public override SynchronizationContext CreateCopy() => this;

    private bool IsVirtual => loop.Clock.IsVirtual;

    private LabContext For(TcpStream stream) => new(loop, stream, loop.Others.NextNumber());
}
