namespace Portolan.Transport;

/// <summary>Something that another thread asks of the thread that owns a stack.</summary>
internal interface IStackWork
{
    void Run(Instant now);

    /// <summary>
    /// Where it stands among what came at once, where the order in which threads came must not count. Work of the same place keeps its
    /// order.
    /// </summary>
    long Place => 0;
}

/// <summary>Work that is one action.</summary>
internal sealed class ActionWork(Action<Instant> action) : IStackWork
{
    public void Run(Instant now) => action(now);
}
