using Portolan.Firewall.Judging;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Allowing;

/// <summary>What becomes of an ordinary client's packets to a port.</summary>
internal sealed record PortFate(PortExposure Exposure, PortVerdict Verdict, IReadOnlyList<string> DependsOn)
{
    public static PortFate Of(IReadOnlyList<FamilyReach> reach)
    {
        var (exposure, verdict) = PortSummary.Of(reach);
        return new PortFate(exposure, verdict, [.. reach.SelectMany(Questions).Distinct(StringComparer.Ordinal)]);
    }

    public bool IsSame(PortFate other) =>
        ReferenceEquals(this, other)
        || (Exposure == other.Exposure && IsSame(Verdict, other.Verdict)
            && DependsOn.SequenceEqual(other.DependsOn, StringComparer.Ordinal));

    private static IEnumerable<string> Questions(FamilyReach reach) =>
        reach.Largest(ReachFate.Open) is not { Region.Outcome: var outcome } ? []
            : outcome is { Decision: FlowDecision.Queue, Decider: { } queue } ? [$"{RuleLabel.Full(queue)}: a program decides"]
            : outcome.Hindrance is { IsLate: true, Decider: { } later } ? [$"{RuleLabel.Full(later)}: later packets of an exchange meet it"]
            : outcome.Questions.Concat(outcome.Hindrance?.Questions ?? []).Select(RuleLabel.Question);

    // Records compare lists by reference: those are compared here, the rest by the record itself.
    private static bool IsSame(PortVerdict one, PortVerdict other) =>
        IsSame(one.From, other.From) && IsSame(one.Partly, other.Partly) && IsSame(one.Undecided, other.Undecided)
        && IsSame(one.Exceptions, other.Exceptions)
        && other == one with
        {
            From = other.From,
            Partly = other.Partly,
            Undecided = other.Undecided,
            Exceptions = other.Exceptions,
        };

    private static bool IsSame(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        ReferenceEquals(one, other) || one.SequenceEqual(other, StringComparer.Ordinal);
}
