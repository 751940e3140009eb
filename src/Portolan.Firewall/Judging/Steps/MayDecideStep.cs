using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Something that may match, may miss, and may decide in a way that is unknown.</summary>
internal sealed class MayDecideStep(OpenQuestion question) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        sink.Decide(state.Ask(question), Decision.Open);
        sink.Fork(state, question);
    }
}
