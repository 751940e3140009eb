using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Linux;

namespace Portolan.Reachability.Judging;

/// <summary>Says when an answer changes by itself, for rules ask for the time, the day or the hour.</summary>
internal sealed class TimeNote(NamespaceJudge judge, CancellationToken cancellationToken)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(8);

    /// <summary>How many moments are tried: each takes a judge of its own.</summary>
    internal int Most { get; init; } = 40;

    /// <summary>The moments at which an answer may change.</summary>
    internal static IEnumerable<DateTimeOffset> Boundaries(Ruleset rules, KernelClock clock) => TimeBoundaries.After(rules, clock, Ahead);

    /// <summary>The note, or none: no rule asks, or the answer is the same for a week.</summary>
    /// <param name="now">The answer now, family by family.</param>
    /// <param name="ask">Asks again.</param>
    internal IEnumerable<string> Of(IReadOnlyList<FamilyReach> now, Func<NamespaceJudge, IReadOnlyList<FamilyReach>> ask)
    {
        // Most answers are the same whatever the rules that ask match: one judgement instead of one for each moment.
        if (judge.Host.Clock is not { } clock || IsSame(now, ask(judge.Timeless)))
        {
            yield break;
        }

        foreach (var moment in Boundaries(judge.Rules, clock).Take(Most))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsSame(now, ask(judge.At(moment))))
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"rules depend on the time: this answer changes at {moment.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
                yield break;
            }
        }
    }

    private static bool IsSame(IReadOnlyList<FamilyReach> one, IReadOnlyList<FamilyReach> other) =>
        one.Zip(other).All(static both => IsSame(both.First, both.Second));

    private static bool IsSame(FamilyReach one, FamilyReach other) =>
        one.Accepted.Equals(other.Accepted) && one.Denied.Equals(other.Denied) && one.Mixed.Equals(other.Mixed)
            && one.Open.Equals(other.Open);
}
