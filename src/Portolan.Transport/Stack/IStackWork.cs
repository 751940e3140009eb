namespace Portolan.Transport;

/// <summary>Something that another thread asks of the thread that owns a stack.</summary>
internal interface IStackWork
{
    void Run(Instant now);
}

/// <summary>Work that is one action.</summary>
internal sealed class ActionWork(Action<Instant> action) : IStackWork
{
    public void Run(Instant now) => action(now);
}
