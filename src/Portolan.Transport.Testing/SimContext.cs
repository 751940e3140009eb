namespace Portolan.Transport.Testing;

/// <summary>
/// Brings what an application waits for back to the world's thread, in the order in which it ended. What another thread ended is not the
/// world's, and is named.
/// </summary>
internal sealed class SimContext(SimWorld world) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        world.Continue(d, state, world.IsOwner ? null : Waiting.NameOf(d, state));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!world.IsOwner)
        {
            throw new InvalidOperationException("another thread would wait for the world's, whose time depends on nobody");
        }

        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
