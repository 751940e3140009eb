using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Connection tracking (nf_conntrack_in): from here on the packet has a state, unless a rule took it out.</summary>
internal static class ConnectionStage
{
    public static List<FlowState> Run(FlowRun run, List<FlowState> states)
    {
        var result = new List<FlowState>(states.Count);
        foreach (var state in states)
        {
            StateMerger.Add(result, Track(run, state));
        }

        return result;
    }

    /// <summary>What tracking says of a packet of TCP or of another protocol whose connection it does not find: only some may begin one.</summary>
    public static ComingConnection Stray(byte protocol) =>
        protocol is 6 or 1 or 58 ? new ComingConnection(ConnectionState.Invalid, false) : new ComingConnection(ConnectionState.New, false);

    private static FlowState Track(FlowRun run, in FlowState state)
    {
        var view = state.View;
        if (view[PacketField.ConnectionState].Number == (uint)ConnectionState.Untracked || view[PacketField.HasConnection].Number != 0)
        {
            return state;
        }

        var (coming, tracked) = run.Context.Zones is null ? (view.Marks.Coming, state) : InItsZone(run, state);
        view = tracked.View;
        if (coming.State is ConnectionState.Invalid or ConnectionState.Untracked)
        {
            return tracked with { View = view.With(PacketField.ConnectionState, (uint)coming.State) };
        }

        view = view.With(
            (PacketField.HasConnection, FieldValue.Constant(1)),
            (PacketField.ConnectionState, FieldValue.Constant((uint)coming.State)),
            (PacketField.ConnectionDirection, FieldValue.Constant(coming.IsReply ? 1u : 0u)));
        var isKnown = coming.IsReply || (view.Marks.IsLater && coming.State != ConnectionState.New);
        return tracked with { View = isKnown ? view : ConnectionTuples.Begin(view) };
    }

    // A packet that is looked up in another zone than its connection is in does not belong to it there.
    private static (ComingConnection Coming, FlowState State) InItsZone(FlowRun run, in FlowState state)
    {
        var marks = state.View.Marks;
        var (coming, zone) = (marks.Coming, marks.Template ?? ConnectionZone.Default);
        marks = marks with { Template = null };
        if (coming.State == ConnectionState.New)
        {
            return (coming, state with { View = state.View.With(marks with { Zone = zone }) });
        }

        var cleared = state with { View = state.View.With(marks) };
        if (coming.State is not (ConnectionState.Established or ConnectionState.Related))
        {
            return (coming, cleared);
        }

        if (marks.Zone is not { IsKnown: true } own || !zone.IsKnown)
        {
            return (coming, Doubt(run, cleared, marks.Zone?.Rule ?? zone.Rule ?? run.Context.Zones!));
        }

        if (own.IsSame(zone, coming.IsReply))
        {
            return (coming, cleared);
        }

        // What was translated is not translated back then, and nobody takes it for the answer.
        if (marks.DestinationRule is not null || marks.SourceRule is not null)
        {
            cleared = Doubt(run, cleared, own.Rule ?? zone.Rule!);
        }

        var stray = coming.IsReply ? Stray(run.Context.Protocol) : new ComingConnection(ConnectionState.New, false);
        if (stray.State == ConnectionState.Invalid)
        {
            return (stray, cleared);
        }

        var view = cleared.View.With((PacketField.ConnectionStatus, FieldValue.Constant(0)), (PacketField.ConnectionMark, FieldValue.Constant(0)))
            .With(marks with { Zone = zone, DestinationRule = null, SourceRule = null, HasDestination = false, HasSource = false, Coming = stray });
        return (stray, cleared with { View = view });
    }

    private static FlowState Doubt(FlowRun run, in FlowState state, OpenQuestion question)
    {
        var asked = state.Ask(question);
        run.Ends.Add(new Terminal(asked, Fate.Open));
        return asked;
    }
}
