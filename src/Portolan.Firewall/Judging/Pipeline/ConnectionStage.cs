using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Connection tracking (nf_conntrack_in): from here on the packet has a state, unless a rule took it out.</summary>
internal static class ConnectionStage
{
    public static List<FlowState> Run(List<FlowState> states)
    {
        var result = new List<FlowState>(states.Count);
        foreach (var state in states)
        {
            StateMerger.Add(result, Track(state));
        }

        return result;
    }

    private static FlowState Track(in FlowState state)
    {
        var view = state.View;
        if (view[PacketField.ConnectionState].Number == (uint)ConnectionState.Untracked || view[PacketField.HasConnection].Number != 0)
        {
            return state;
        }

        var coming = view.Marks.Coming;
        if (coming.State is ConnectionState.Invalid or ConnectionState.Untracked)
        {
            return state with { View = view.With(PacketField.ConnectionState, (uint)coming.State) };
        }

        view = view.With(
            (PacketField.HasConnection, FieldValue.Constant(1)),
            (PacketField.ConnectionState, FieldValue.Constant((uint)coming.State)),
            (PacketField.ConnectionDirection, FieldValue.Constant(coming.IsReply ? 1u : 0u)));
        return state with { View = coming.IsReply ? view : ConnectionTuples.Begin(view) };
    }
}
