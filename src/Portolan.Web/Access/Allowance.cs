namespace Portolan.Web.Access;

/// <summary>How often something may be done: a few times at once, then once in a while. For one thread at a time.</summary>
/// <param name="clock">The clock.</param>
/// <param name="most">How often at once.</param>
/// <param name="between">How long until one more.</param>
internal sealed class Allowance(TimeProvider clock, int most, TimeSpan between)
{
    private double _left = most;
    private long _since = clock.GetTimestamp();

    /// <summary>How often it may be done now.</summary>
    internal double Left => Math.Min(most, _left + (clock.GetElapsedTime(_since) / between));

    /// <summary>Whether nothing was taken, or all has come back.</summary>
    internal bool IsWhole => Left >= most;

    /// <summary>How long until one may be taken.</summary>
    internal TimeSpan Wait => Left >= 1 ? TimeSpan.Zero : (1 - Left) * between;

    /// <summary>Takes one, where there is one.</summary>
    internal bool TryTake()
    {
        var isLeft = Left >= 1;
        if (isLeft)
        {
            Add(-1);
        }

        return isLeft;
    }

    /// <summary>Gives one back.</summary>
    internal void GiveBack() => Add(1);

    private void Add(int count)
    {
        _left = Math.Min(most, Left + count);
        _since = clock.GetTimestamp();
    }
}
