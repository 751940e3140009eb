using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes packets while a rate is kept; the others are those that exceed it.</summary>
/// <param name="rule">The rule that limits.</param>
/// <param name="isOver">Whether what exceeds the rate passes instead.</param>
internal sealed class LimitTest(RuleReference rule, bool isOver) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        var exceeding = state with { Doubts = state.Doubts.Exceed(rule) };
        sink.Pass(isOver ? exceeding : state);
        sink.Miss(isOver ? state : exceeding);
    }
}
