namespace Portolan.Forwarding.Engine;

/// <summary>
/// Counts the descriptors that this process may still open, so that a connection is only taken when there is one for its target too: what
/// was accepted is never dropped for want of it. For all threads.
/// </summary>
/// <param name="limit">How many descriptors the relay may have: the process's limit less what is open and what others need.</param>
internal sealed class DescriptorBudget(int limit)
{
    private int _used;

    /// <summary>How many the relay may have.</summary>
    public int Limit => limit;

    /// <summary>How many are taken.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Whether only a few are left: pipes that are idle are better closed.</summary>
    public bool IsShort => Used > limit - (limit / 8);

    /// <summary>Takes some for a connection.</summary>
    public bool TryReserve(int count) => TryTake(count, limit);

    /// <summary>Takes some for what only helps: as long as a quarter is free.</summary>
    public bool TryReserveSpare(int count) => TryTake(count, limit - (limit / 4));

    /// <summary>Takes some that were opened already.</summary>
    public void Reserve(int count) => Interlocked.Add(ref _used, count);

    /// <summary>Gives some back.</summary>
    public void Release(int count) => Interlocked.Add(ref _used, -count);

    private bool TryTake(int count, int most)
    {
        if (Interlocked.Add(ref _used, count) <= most)
        {
            return true;
        }

        Interlocked.Add(ref _used, -count);
        return false;
    }
}
