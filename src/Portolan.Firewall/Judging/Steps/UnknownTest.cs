using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>A test whose outcome is unknown: both are tried.</summary>
internal sealed class UnknownTest(OpenQuestion question) : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink) => sink.Fork(state, question);
}
