namespace Portolan.Scan.Identification;

/// <summary>The connections that may be open to one host at once. Safe for use by several threads.</summary>
/// <param name="most">How many.</param>
public sealed class HostPlaces(int most)
{
    private int _free = most;

    /// <summary>Takes a place, where one is free.</summary>
    public bool TryTake()
    {
        if (Interlocked.Decrement(ref _free) >= 0)
        {
            return true;
        }

        Interlocked.Increment(ref _free);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Give() => Interlocked.Increment(ref _free);
}
