using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Marks packets as written into: from here on they are not what the sender sent.</summary>
/// <param name="question">What is asked of them once they got through.</param>
internal sealed class WrittenStep(OpenQuestion question) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink) => sink.Pass(state.View.Marks.Written is not null
        ? state
        : state with { View = state.View.With(state.View.Marks with { Written = question }) });
}
