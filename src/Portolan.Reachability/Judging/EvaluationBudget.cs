namespace Portolan.Reachability.Judging;

/// <summary>
/// How long judging may take in all: rules and routes that nobody thought of must not keep the rest of an answer from people.
/// </summary>
/// <remarks>Starts when it is made. What is not judged in time is unknown, with the reason.</remarks>
public sealed class EvaluationBudget : IDisposable
{
    /// <summary>The time where nobody says another: ten times what the largest hosts take that are known.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly TimeSpan? _part;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _both;

    /// <summary>A time from now on.</summary>
    /// <param name="limit">How long; <c>null</c> for no limit.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="stop">Stops everything: somebody pressed Ctrl-C.</param>
    public EvaluationBudget(TimeSpan? limit, TimeProvider clock, CancellationToken stop)
        : this(limit, limit, clock, stop)
    {
    }

    private EvaluationBudget(TimeSpan? limit, TimeSpan? part, TimeProvider clock, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(clock);
        (Limit, _part, _clock, _start, _stop) = (limit, part, clock, clock.GetTimestamp(), stop);
        if (part is { } time)
        {
            _timer = new CancellationTokenSource(time, clock);
            _both = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, stop);
        }
    }

    /// <summary>How long in all; <c>null</c> for no limit.</summary>
    public TimeSpan? Limit { get; }

    /// <summary>How much of it is left, zero or more; <c>null</c> for no limit.</summary>
    public TimeSpan? Left => _part is not { } part ? null
        : _clock.GetElapsedTime(_start) is var gone && gone < part ? part - gone : TimeSpan.Zero;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => _timer is { IsCancellationRequested: true };

    /// <summary>Whether something that <see cref="Within"/> was asked for was not judged in time.</summary>
    public bool HasCut { get; private set; }

    /// <summary>Why something is unknown that was not judged in time.</summary>
    public string Why => $"not judged within {DurationText.Format(Limit ?? TimeSpan.Zero)}";

    /// <summary>The same, and the option that gives more.</summary>
    public string WhyInFull => $"{Why}: --judge-time 0 removes the limit";

    /// <summary>
    /// The next one's fair share of what is left, where several things are judged one after the other; the others have what it leaves.
    /// </summary>
    /// <param name="waiting">How many there are still to judge, this one included; at least 1.</param>
    public EvaluationBudget Share(int waiting) => new(Limit, Left / waiting, _clock, _stop);

    /// <summary>Does something in the time that is left.</summary>
    /// <param name="judge">What to do.</param>
    /// <param name="otherwise">What comes of it when the time is over.</param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public T Within<T>(Func<CancellationToken, T> judge, Func<T> otherwise)
    {
        ArgumentNullException.ThrowIfNull(otherwise);
        return Beside(judge, () =>
        {
            HasCut = true;
            return otherwise();
        });
    }

    /// <summary>The same for what a verdict stands without, such as a note below it.</summary>
    /// <param name="judge">What to do.</param>
    /// <param name="otherwise">What comes of it when the time is over.</param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public T Beside<T>(Func<CancellationToken, T> judge, Func<T> otherwise)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(otherwise);
        _stop.ThrowIfCancellationRequested();
        if (IsOver)
        {
            return otherwise();
        }

        try
        {
            return judge(_both?.Token ?? _stop);
        }
        catch (OperationCanceledException) when (IsOver && !_stop.IsCancellationRequested)
        {
            return otherwise();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _both?.Dispose();
        _timer?.Dispose();
    }
}
