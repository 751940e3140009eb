using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes the packets whose fields together find an element, or those that find none.</summary>
internal sealed class SetTest(IKeyIndex index, bool isInverted, OpenQuestion tooFine) : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        var inside = new List<(FlowState State, int Outcome)>();
        var outside = new List<FlowState>();
        if (!index.TrySplit(state, tooFine, inside, outside))
        {
            sink.Fork(state, tooFine);
            return;
        }

        foreach (var (part, _) in inside)
        {
            if (isInverted)
            {
                sink.Miss(part);
            }
            else
            {
                sink.Pass(part);
            }
        }

        foreach (var part in outside)
        {
            if (isInverted)
            {
                sink.Pass(part);
            }
            else
            {
                sink.Miss(part);
            }
        }
    }
}
