using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Judging;

/// <summary>
/// How long a fix may be looked for in all. Each that is tried is judged as all rules are, so that among very many rules it takes far
/// longer than the verdict, which must not wait for it.
/// </summary>
/// <param name="limit">How long.</param>
/// <param name="clock">The clock.</param>
public sealed class RemedyTime(TimeSpan limit, TimeProvider clock)
{
    /// <summary>
    /// Among more rules none is looked for: one judgement of them is much of the time already, and each takes its memory.
    /// </summary>
    private const int MostRules = 20_000;

    private TimeSpan _left = limit;

    /// <summary>How long.</summary>
    public TimeSpan Limit { get; } = limit;

    /// <summary>A tenth of the time that judging may take; <c>null</c> where that has no limit.</summary>
    public static RemedyTime? Of(TimeSpan? judging, TimeProvider clock) => judging is { } time ? new RemedyTime(time / 10, clock) : null;

    /// <summary>Looks for one in the time that is left.</summary>
    /// <param name="rules">Among these rules.</param>
    /// <param name="search">Looks.</param>
    /// <param name="otherwise">What comes of it when the time is over.</param>
    /// <param name="stop">Stops everything.</param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public T Within<T>(Ruleset rules, Func<CancellationToken, T> search, Func<T> otherwise, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(otherwise);
        if (_left <= TimeSpan.Zero || rules.Tables.Sum(static t => t.Chains.Sum(static c => c.Rules.Count)) > MostRules)
        {
            return otherwise();
        }

        var start = clock.GetTimestamp();
        using var time = new JudgingTime(_left, clock, stop);
        try
        {
            return time.Within(search, otherwise);
        }
        finally
        {
            _left -= clock.GetElapsedTime(start);
        }
    }
}
