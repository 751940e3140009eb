namespace Portolan.Lab.Running.Time;

/// <summary>
/// Brings what services and scenarios wait for back to the lab's thread, in order. So they need no locks, and what they do repeats with the
/// seed.
/// </summary>
internal sealed class LabContext(LabLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => loop.Continue(d, state);

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
}
