using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Looks a key up in a set or map: the packets that find it pass, with the map's value or its verdict.</summary>
/// <param name="index">The elements.</param>
/// <param name="outcomes">What an element gives.</param>
/// <param name="catchAll">What packets get that find none, or <c>null</c> when they do not match.</param>
/// <param name="slots">Where the values go.</param>
/// <param name="tooFine">Asked when the packets would fall into too many parts.</param>
internal sealed class MapStep(IKeyIndex index, MapOutcome[] outcomes, MapOutcome? catchAll, PacketField[] slots, OpenQuestion tooFine)
    : RuleStep
{
    public override bool IsPure => Array.TrueForAll(outcomes, static outcome => outcome.Decision is null) && catchAll?.Decision is null;

    public override void Run(in FlowState state, StepSink sink)
    {
        var inside = new List<(FlowState State, int Outcome)>();
        var outside = new List<FlowState>();
        if (!index.TrySplit(state, tooFine, inside, outside))
        {
            RunUnknown(state, sink);
            return;
        }

        foreach (var (part, outcome) in inside)
        {
            Apply(part, outcomes[outcome], sink);
        }

        foreach (var part in outside)
        {
            if (catchAll is null)
            {
                sink.Miss(part);
            }
            else
            {
                Apply(part, catchAll, sink);
            }
        }
    }

    // Every outcome may be.
    private void RunUnknown(in FlowState state, StepSink sink)
    {
        var asked = state.Ask(tooFine);
        sink.Miss(asked);
        if (slots.Length > 0)
        {
            var view = state.View;
            foreach (var slot in slots)
            {
                view = view.With(slot, FieldValue.Choice(IntervalSet.All(128), tooFine.Why));
            }

            sink.Pass(asked with { View = view });
            return;
        }

        var decisions = new HashSet<Decision>();
        var canPass = false;
        foreach (var outcome in catchAll is null ? outcomes : [.. outcomes, catchAll])
        {
            if (outcome.Decision is not { } decision)
            {
                canPass = true;
            }
            else if (decisions.Add(decision))
            {
                sink.Decide(asked, decision);
            }
        }

        if (canPass)
        {
            sink.Pass(asked);
        }
    }

    private void Apply(in FlowState part, MapOutcome outcome, StepSink sink)
    {
        if (outcome.Decision is { } decision)
        {
            sink.Decide(part, decision);
            return;
        }

        var view = part.View;
        for (var i = 0; i < slots.Length; i++)
        {
            view = view.With(slots[i], outcome.Data[i]);
        }

        sink.Pass(part with { View = view });
    }
}

/// <summary>What an element of a map gives.</summary>
/// <param name="Data">Its value, 16 bytes each; empty for none.</param>
/// <param name="Decision">Its verdict, or <c>null</c> for none or to go on.</param>
internal sealed record MapOutcome(UInt128[] Data, Decision? Decision);
