using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Ends the rule with a decision that is unknown.</summary>
internal sealed class GiveUpStep(OpenQuestion question) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink) => sink.Decide(state.Ask(question), Decision.Open);
}
