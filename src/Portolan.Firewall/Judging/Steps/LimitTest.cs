using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes packets while a limit is kept; the others are those that exceed it.</summary>
/// <param name="limit">The limit.</param>
/// <param name="isOver">Whether what exceeds it passes instead.</param>
internal sealed class LimitTest(FlowLimit limit, bool isOver) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        var exceeding = state with { Doubts = state.Doubts.Exceed(limit) };
        sink.Pass(isOver ? exceeding : state);
        sink.Miss(isOver ? state : exceeding);
    }
}
