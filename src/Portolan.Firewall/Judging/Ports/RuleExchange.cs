using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Ports;

/// <summary>Puts the rules about one port in the place of those about another, which do the same.</summary>
public sealed class RuleExchange
{
    private readonly IReadOnlyList<RuleReference> _from;
    private readonly RuleReference[] _to;

    internal RuleExchange(IReadOnlyList<RuleReference> from, RuleReference[] to) => (_from, _to) = (from, to);

    /// <summary>Whether no rule is another.</summary>
    public bool ChangesNothing => _from.Zip(_to).All(static pair => ReferenceEquals(pair.First.Rule, pair.Second.Rule));

    /// <summary>The rule in its place, or itself.</summary>
    public RuleReference? Of(RuleReference? reference)
    {
        for (var i = 0; reference is { Rule: not null } && i < _to.Length; i++)
        {
            if (ReferenceEquals(_from[i].Rule, reference.Rule))
            {
                return _to[i];
            }
        }

        return reference;
    }

    private LimitUse Of(LimitUse use) => use with { Limits = [.. use.Limits.Select(Of)], Beyond = Of(use.Beyond)! };

    private FlowLimit Of(FlowLimit limit) => limit with { Rule = Of(limit.Rule)! };

    /// <summary>The same outcome, decided by the rules in their place.</summary>
    public FlowOutcome? Of(FlowOutcome? outcome) => outcome is null ? null : outcome with
    {
        Decider = Of(outcome.Decider),
        Questions = [.. outcome.Questions.Select(question => question with { Rule = Of(question.Rule) })],
        Path = [.. outcome.Path.Select(visit => visit with { Decider = Of(visit.Decider)! })],
        Limits = [.. outcome.Limits.Select(Of)],
        Spent = outcome.Spent is { } spent ? spent with { Limit = Of(spent.Limit) } : null,
        Replies = Of(outcome.Replies),
        Following = Of(outcome.Following),
        Repeated = Of(outcome.Repeated),
    };
}
