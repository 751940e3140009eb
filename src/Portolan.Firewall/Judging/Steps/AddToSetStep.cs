using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Remembers that the packet added an element to a set, or deleted one.</summary>
internal sealed class AddToSetStep(ElementSet set, BitValue key, bool isDeletion) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        var marks = state.View.Marks;
        var text = KeyText.Of(key, state.View) ?? "?";
        sink.Pass(
            state with { View = state.View.With(marks with { Additions = new SetAddition(set, isDeletion, text, marks.Additions) }) });
    }
}
