using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Runs one base chain: an accept ends only this chain, a drop is final, what no rule decided on meets the policy.</summary>
internal static class ChainStage
{
    /// <summary>Runs the chain for packets; returns those that go on.</summary>
    public static List<FlowState> Run(FlowRun run, RuleTable table, RuleChain chain, List<FlowState> entering)
    {
        var compiled = run.Program.Chain(table, chain.Name);
        var leaving = new List<FlowState>();
        var decided = new List<Verdict>();
        run.Runner.Run(compiled, entering, 0, leaving, decided);
        var accepted = new Dictionary<Trail, List<FlowState>>(ReferenceEqualityComparer.Instance);
        foreach (var verdict in decided)
        {
            Settle(run, chain, verdict, accepted);
        }

        var isDrop = chain.Hook!.Policy == VerdictKind.Drop;
        foreach (var state in leaving)
        {
            Settle(run, chain, new Verdict(state, isDrop ? Decision.Drop : Decision.Accept, compiled.Policy), accepted);
        }

        var result = new List<FlowState>(accepted.Count);
        foreach (var alike in accepted.Values)
        {
            result.AddRange(alike);
        }

        return TrailShortener.Shorten(result);
    }

    private static void Settle(FlowRun run, RuleChain chain, in Verdict verdict, Dictionary<Trail, List<FlowState>> accepted)
    {
        var kind = verdict.Decision.Kind;
        var trail = run.Trails.Extend(verdict.State.Trail, chain, verdict.Rule, kind);
        var state = verdict.State with { Trail = trail };
        if (kind == VerdictKind.Accept)
        {
            // Only those that came the same way can be one.
            if (!accepted.TryGetValue(trail, out var alike))
            {
                accepted.Add(trail, alike = []);
            }

            StateMerger.Add(alike, state);
            return;
        }

        var fate = ReferenceEquals(verdict.Decision, Decision.Open) ? Fate.Open
            : kind == VerdictKind.Queue ? new Fate(FlowDecision.Queue, verdict.Rule)
            : verdict.Decision.Rejection is { } rejection ? new Fate(FlowDecision.Reject, verdict.Rule, rejection)
            : new Fate(FlowDecision.Drop, verdict.Rule);
        run.Ends.Add(new Terminal(state, fate));
    }
}
