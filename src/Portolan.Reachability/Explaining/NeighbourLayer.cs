using Portolan.Reachability.Charting;
using Portolan.Reachability.Explaining.Remedies;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>The layer below IPv6: whether rules let neighbours be found.</summary>
internal sealed class NeighbourLayer(ExplainQuestion question, NamespaceJudge judge, ExplainFacts facts)
{
    /// <summary>Looks; where something is in the way, adds the step and what mends it, and returns the reason.</summary>
    /// <param name="result">Where the step goes.</param>
    /// <param name="interfaces">The interfaces that are used.</param>
    /// <param name="peers">Who is on the other side.</param>
    /// <param name="own">The addresses here.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    internal string? Look(
        FamilyExplanation result, IReadOnlyList<int> interfaces, IntervalSet peers, IntervalSet own, CancellationToken cancellationToken)
    {
        if (new NeighbourReach(judge).FindBreaker(interfaces, peers, own, cancellationToken) is not { } found)
        {
            return null;
        }

        var (rule, label) = (found.Rule, RuleLabel.Full(found.Rule));
        result.Add(new ExplanationStep(
            "neighbours",
            found.IsSure ? LayerResult.Fail : LayerResult.Unknown,
            found.IsSure
                ? $"{label} drops neighbour discovery ({found.Message}): IPv6 stops when the neighbour entries expire"
                : $"whether {label} drops neighbour discovery ({found.Message}) cannot be evaluated")
        {
            Rule = label,
            RuleText = rule.Rule is null ? null : facts.RuleText(rule),
        });
        result.SearchLater(token => new RemedyPlan(question, facts, token).FindNeighbours(judge, interfaces, peers, own));
        return found.IsSure
            ? "only until the neighbour entries expire: a rule drops neighbour discovery"
            : "not proved: a rule may drop neighbour discovery";
    }
}
