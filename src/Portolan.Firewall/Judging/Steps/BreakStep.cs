using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Ends the rule, not matched.</summary>
internal sealed class BreakStep : RuleStep
{
    /// <summary>The one there is.</summary>
    public static BreakStep Instance { get; } = new();

    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink) => sink.Miss(state);
}
