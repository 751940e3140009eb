using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Makes packets untracked that have no connection yet.</summary>
internal sealed class NoTrackStep : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        var has = state.View[PacketField.HasConnection];
        sink.Pass((has.Kind == FieldValueKind.Constant && has.Number != 0) || state.View.Marks.Template is not null
            ? state
            : state with { View = state.View.With(PacketField.ConnectionState, (uint)ConnectionState.Untracked) });
    }
}
