namespace Portolan.Transport.Testing;

/// <summary>
/// Brings what an application waits for back to the world's thread, in the order in which it ended. What another thread ended, that runs
/// nothing the application has begun, is not the world's, and is named.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="isBare">
/// Whether those go on without it who wait in it, as they would on the thread pool: what the framework awaits with
/// <c>ConfigureAwait(false)</c> then goes on at once, on the same thread.
/// </param>
internal sealed class SimContext(SimWorld world, bool isBare) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        world.Continue(d, state, isBare ? null : this, world.IsOwn ? null : Waiting.NameOf(d, state));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!world.IsOwner)
        {
            throw new InvalidOperationException("another thread would wait for the world's thread, whose time is independent");
        }

        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
