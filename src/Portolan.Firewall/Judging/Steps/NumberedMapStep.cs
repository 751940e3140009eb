using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Looks something up that gives a number, and keeps what a register gets for it.</summary>
/// <param name="index">Gives the number.</param>
/// <param name="slot">Where the register's bytes go.</param>
/// <param name="valueOf">The register's 16 bytes for a number.</param>
/// <param name="question">Asked when the number is not known.</param>
internal sealed class NumberedMapStep(IKeyIndex index, PacketField slot, Func<int, UInt128> valueOf, OpenQuestion question) : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        var inside = new List<(FlowState State, int Outcome)>();
        var outside = new List<FlowState>();
        if (!index.TrySplit(state, question, inside, outside))
        {
            sink.Pass(state.Ask(question) with { View = state.View.With(slot, FieldValue.Choice(IntervalSet.All(128), question.Why)) });
            return;
        }

        foreach (var (part, number) in inside)
        {
            sink.Pass(part with { View = part.View.With(slot, valueOf(number)) });
        }

        foreach (var part in outside)
        {
            sink.Pass(part with { View = part.View.With(slot, valueOf(0)) });
        }
    }
}
