namespace Portolan.Scan.Engine;

/// <summary>Reports how long a stage still takes from how its done part grew lately, never from its first moments.</summary>
internal sealed class RemainingTime
{
    private const int Samples = 32;
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(1);
    private readonly Queue<(TimeSpan At, double Done)> _history = new(Samples);

    /// <summary>Takes where the stage stands and says what is left; <c>null</c> while that would be a guess.</summary>
    /// <param name="at">Time since any fixed moment, about half a second after the last call.</param>
    /// <param name="done">0 to 1; less than before when more work turned up.</param>
    public TimeSpan? Estimate(TimeSpan at, double done)
    {
        // About the last 15 seconds: a rate that changed counts, a single late reply does not.
        while (_history.Count >= Samples)
        {
            _history.Dequeue();
        }

        _history.Enqueue((at, done));
        var (firstAt, firstDone) = _history.Peek();
        var progress = done - firstDone;
        if (at - firstAt < LeastTime || progress <= 0)
        {
            return done >= 1 ? TimeSpan.Zero : null;
        }

        var left = (1 - done) / progress * (at - firstAt).TotalSeconds;
        return left < TimeSpan.FromDays(3650).TotalSeconds ? TimeSpan.FromSeconds(left) : null;
    }

    /// <summary>Another stage begins.</summary>
    public void Reset() => _history.Clear();
}
