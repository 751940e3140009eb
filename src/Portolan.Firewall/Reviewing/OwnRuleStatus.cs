using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Reviewing;

/// <summary>
/// Whether a rule of Portolan's own table works: it depends on elements of sets that time out, so it may stand there and match nothing.
/// </summary>
/// <param name="State">Whether it works.</param>
/// <param name="Left">How long that stays so; <c>null</c> for good.</param>
/// <param name="Change">The pending change that it waits for, or <c>null</c>.</param>
public sealed record OwnRuleStatus(OwnRuleState State, TimeSpan? Left, int? Change)
{
    /// <summary>Finds the status of every rule of Portolan's own table.</summary>
    /// <returns>By kernel rule; <c>null</c> for a rule of Portolan's that nothing is known of, and for every other rule.</returns>
    public static Func<RuleTable, Rule, OwnRuleStatus?> Finder(Ruleset rules)
    {
        OwnState state;
        try
        {
            state = OwnTable.Read(rules).State;
        }
        catch (PortolanException)
        {
            // A program has written in it: then its notes say nothing about its rules.
            return static (_, _) => null;
        }

        return (table, rule) => OwnTable.Is(table) && OwnTable.RuleNumberOf(rule) is { } number ? Of(state, number) : null;
    }

    private static OwnRuleStatus Of(OwnState state, int number)
    {
        if (state.Rule(number) is not { } rule)
        {
            return new OwnRuleStatus(OwnRuleState.Ended, null, null);
        }

        if (rule.PausedFor is { } time)
        {
            return new OwnRuleStatus(
                OwnRuleState.Paused, time, state.Pending.FirstOrDefault(c => c.Removed.Any(r => r.Rule.Number == number))?.Number);
        }

        return state.PendingAdditionOf(number) is { } change
            ? new OwnRuleStatus(OwnRuleState.Pending, rule.Remaining ?? rule.Timeout, change.Number)
            : new OwnRuleStatus(OwnRuleState.On, rule.Remaining ?? rule.Timeout, null);
    }
}

/// <summary>Whether a rule of Portolan's works.</summary>
public enum OwnRuleState
{
    /// <summary>It works, for good or until its time ends.</summary>
    On,

    /// <summary>It works until its change is taken back, unless that is confirmed.</summary>
    Pending,

    /// <summary>It is kept off by a pending change that takes it away.</summary>
    Paused,

    /// <summary>Its time is over, or its change was not confirmed: it matches nothing, and goes with the next change.</summary>
    Ended,
}

/// <summary>The names of the states in the machine format.</summary>
public static class OwnRuleStateNames
{
    /// <summary><c>on</c>, <c>pending</c>, <c>paused</c> or <c>ended</c>.</summary>
    public static string Name(this OwnRuleState state) => state switch
    {
        OwnRuleState.On => "on",
        OwnRuleState.Pending => "pending",
        OwnRuleState.Paused => "paused",
        _ => "ended",
    };
}
