using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Reviewing;

/// <summary>A rule with what can be said about it.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Rule">The rule.</param>
public sealed record ReviewedRule(RuleTable Table, RuleChain Chain, Rule Rule)
{
    /// <summary>Its text. Hostile text.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// What it does: <c>accept</c>, <c>dnat ip to 10.0.0.1</c>, <c>-j DROP</c>; empty for a rule that decides nothing. Hostile text.
    /// </summary>
    public required string Says { get; init; }

    /// <summary>Its conditions on the sender and the interface it arrives on; empty for none. Hostile text.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>
    /// Its other conditions besides <see cref="From"/> and <see cref="Ports"/>, such as <c>ct state new</c> or <c>limit rate 3/minute</c>;
    /// empty for none. Hostile text.
    /// </summary>
    public IReadOnlyList<string> Conditions { get; init; } = [];

    /// <summary>The ports it speaks of; empty for none in particular.</summary>
    public required IReadOnlyList<RulePort> Ports { get; init; }

    /// <summary>An earlier rule that leaves it no packet, or <c>null</c>.</summary>
    public Rule? ShadowedBy { get; init; }

    /// <summary>Who made it, or <c>null</c>.</summary>
    public RuleManager? Manager { get; init; }

    /// <summary>Its counter, or <c>null</c> when it has none.</summary>
    public CounterExpression? Counter { get; init; }

    /// <summary>Whether it works, for one of Portolan's own; else <c>null</c>.</summary>
    public OwnRuleStatus? Own { get; init; }

    /// <summary>Whether it matches nothing any more, or not now.</summary>
    public bool IsOff => Own is { State: OwnRuleState.Ended or OwnRuleState.Paused };

    /// <summary>Whether it is counted and nothing ever came.</summary>
    public bool IsUnused => Counter is { Packets: 0 };
}
