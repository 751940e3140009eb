using System.Globalization;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Judging;

/// <summary>
/// How long a fix may be looked for in all. Each that is tried is judged as all rules are, so that among very many rules it takes far
/// longer than the verdict, which must not wait for it.
/// </summary>
/// <param name="judging">What judging has in all: the verdict comes first, and a fix has no more than it leaves.</param>
/// <param name="clock">The clock.</param>
public sealed class RemedyTime(EvaluationBudget judging, TimeProvider clock)
{
    /// <summary>
    /// Among more rules none is looked for: one judgement of them is much of the time already, and each takes its memory.
    /// </summary>
    public const int MostRules = 20_000;

    // What is proposed where the time was too short.
    private const int Longer = 3;

    private TimeSpan? _left = judging?.Limit / 10;

    /// <summary>How long, a tenth of the time that judging may take; <c>null</c> where that has no limit.</summary>
    public TimeSpan? Limit { get; } = judging?.Limit / 10;

    /// <summary>What to ask for so that a fix has more time, as <c>--judge-time</c> takes it.</summary>
    public string More => DurationText.Format((judging.Limit ?? TimeSpan.Zero) * Longer);

    /// <summary>Why there is no fix that was not found in time.</summary>
    /// <param name="rules">Among these rules.</param>
    public string Why(Ruleset rules) => AreTooMany(rules)
        ? string.Create(
            CultureInfo.InvariantCulture, $"no fix is searched in more than {MostRules:N0} rules; --judge-time 0 searches anyway")
        : $"no fix found within {DurationText.Format((judging.IsOver ? judging.Limit : Limit)!.Value)}; --judge-time {More} allows more";

    /// <summary>The option under which it would be found.</summary>
    /// <param name="rules">Among these rules.</param>
    public string Option(Ruleset rules) => AreTooMany(rules) ? "0" : More;

    /// <summary>Looks for one in the time that is left.</summary>
    /// <param name="rules">Among these rules.</param>
    /// <param name="search">Looks.</param>
    /// <param name="otherwise">What comes of it when the time is over.</param>
    /// <param name="stop">Stops everything.</param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public T Within<T>(Ruleset rules, Func<CancellationToken, T> search, Func<T> otherwise, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(otherwise);
        if (_left is not { } own || judging.Left is not { } all)
        {
            return search(stop);
        }

        var left = own < all ? own : all;
        if (left <= TimeSpan.Zero || AreTooMany(rules))
        {
            return otherwise();
        }

        var start = clock.GetTimestamp();
        using var time = new EvaluationBudget(left, clock, stop);
        try
        {
            return time.Beside(search, otherwise);
        }
        finally
        {
            _left -= clock.GetElapsedTime(start);
        }
    }

    private static bool AreTooMany(Ruleset rules) => rules.Tables.Sum(static t => t.Chains.Sum(static c => c.Rules.Count)) > MostRules;
}
