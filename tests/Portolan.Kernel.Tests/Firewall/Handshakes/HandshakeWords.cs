using Portolan.Firewall.Judging;

namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>What the judge says of a whole connection.</summary>
/// <param name="IsProvedToWork">Whether it carries data both ways; <c>null</c> where that depends.</param>
/// <param name="Text">Its words.</param>
internal sealed record HandshakeWords(bool? IsProvedToWork, string Text)
{
    /// <summary>Sums up the regions that a connection may be in.</summary>
    public static HandshakeWords Of(IReadOnlyList<FlowOutcome> outcomes)
    {
        Assert.NotEmpty(outcomes);
        var works = outcomes.Select(Works).Distinct().ToArray();
        return new HandshakeWords(works.Length == 1 ? works[0] : null, string.Join("; ", outcomes.Select(Describe)));
    }

    private static bool? Works(FlowOutcome outcome) => outcome switch
    {
        { Proof: not FlowProof.Proved } or { Decision: FlowDecision.Depends } => null,
        { Decision: not FlowDecision.Accept } => false,
        { Hindrance: { } later } =>
            later.Proof == FlowProof.Proved && later.Decision is not (FlowDecision.Depends or FlowDecision.Queue) ? false : null,
        _ => true,
    };

    private static string Describe(FlowOutcome outcome) =>
        $"{outcome.Decision} {Short(outcome)}" + (outcome.Hindrance is { } later ? $" then {later.Decision} {Short(later)}" : "");

    private static string Short(FlowOutcome outcome) =>
        $"by {outcome.Decider?.Chain.Name} {outcome.Decider?.Rule?.Handle}"
            + $"{string.Concat(outcome.Questions.Select(static q => $" ({q.Rule?.Chain.Name} {q.Rule?.Rule?.Handle}: {q.Why})"))}"
            + $"{outcome.RouteProblem?.ToText()}";
}
