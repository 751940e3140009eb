using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Sessions;

/// <summary>A lock-out that is there or comes by itself, when what is pending or has a time ends.</summary>
/// <param name="Check">What would become of a new connection then.</param>
/// <param name="In">In how long; zero for now.</param>
/// <param name="Ended">The rules that have ended by then.</param>
public sealed record LockOutForecast(LockOutCheck Check, TimeSpan In, IReadOnlyList<OwnRule> Ended)
{
    /// <summary>Whether the connection would be let in at that time had nothing been done.</summary>
    public bool IsNew { get; init; }
}

/// <summary>
/// Judges states of Portolan's own rules as they are and as they become by themselves. Rules are compiled once for each state. One thread.
/// </summary>
/// <param name="current">All rules as they are.</param>
/// <param name="host">The machine's routing.</param>
/// <param name="judge">Judges flows.</param>
public sealed class LockOutForecaster(Ruleset current, HostFacts host, Func<Ruleset, HostFacts, FlowQuery, FlowAnswer> judge)
{
    private readonly Dictionary<string, Ruleset> _rules = new(StringComparer.Ordinal);

    /// <summary>Finds when a new connection would be stopped; <c>null</c> for never.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="state">The state that is to be.</param>
    /// <param name="otherwise">The state that would be else, running on in the same way; <c>null</c> when there is nothing to compare
    /// with.</param>
    /// <returns>The first lock-out that would not be there otherwise; where there is none, the first at all.</returns>
    public LockOutForecast? Find(ChangeOrigin connection, OwnState state, OwnState? otherwise)
    {
        var times =
            OwnTimeline.Ends(state).Concat(otherwise is null ? [] : OwnTimeline.Ends(otherwise)).Prepend(TimeSpan.Zero).Distinct().Order();
        LockOutForecast? known = null;
        foreach (var time in times)
        {
            var after = OwnTimeline.After(state, time);
            var check = Check(connection, after);
            if (check.Fate != LockOutFate.LockedOut)
            {
                continue;
            }

            var left = OwnTimeline.On(after).Select(r => r.Number).ToHashSet();
            var found = new LockOutForecast(check, time, [.. OwnTimeline.On(state).Where(r => !left.Contains(r.Number))])
            {
                IsNew = otherwise is null || Check(connection, OwnTimeline.After(otherwise, time)).Fate != LockOutFate.LockedOut,
            };
            if (found.IsNew)
            {
                // It may have begun earlier, when it would have been there otherwise too: a person wants to know when it begins.
                return (known ?? found) with { IsNew = true };
            }

            known ??= found;
        }

        return known;
    }

    /// <summary>Judges a connection under a state as it will stay: nothing pending, nothing that has a time.</summary>
    public LockOutCheck CheckLasting(ChangeOrigin connection, OwnState state) =>
        Check(connection, OwnTimeline.After(state, TimeSpan.MaxValue));

    private LockOutCheck Check(ChangeOrigin connection, OwnState state)
    {
        var key = string.Join(' ', OwnTimeline.On(state).Select(r => r.Number.ToString(CultureInfo.InvariantCulture)));
        if (!_rules.TryGetValue(key, out var rules))
        {
            _rules[key] = rules = ProposedRuleset.With(current, state);
        }

        return LockOutCheck.Of(connection, rules, host, judge);
    }
}
