using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Ends the rule with a decision.</summary>
internal sealed class DecisionStep(Decision decision) : RuleStep
{
    public Decision Decision => decision;

    public override void Run(in FlowState state, StepSink sink) => sink.Decide(state, decision);
}
