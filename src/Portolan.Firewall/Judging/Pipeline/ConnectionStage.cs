using Portolan.Firewall.Host;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Connection tracking (nf_conntrack_in): from here on the packet has a state, unless a rule took it out.</summary>
internal static class ConnectionStage
{
    private const byte Icmp = 1;
    private const byte Tcp = 6;
    private const byte IcmpIPv6 = 58;
    private const byte Syn = 0x02;
    private static readonly PacketField[] Tuples =
    [
        PacketField.OriginalSource, PacketField.OriginalDestination, PacketField.OriginalSourcePort, PacketField.OriginalDestinationPort,
        PacketField.ReplySource, PacketField.ReplyDestination, PacketField.ReplySourcePort, PacketField.ReplyDestinationPort,
    ];
    private const string TakenUp = "tracking treats it as a separate connection";
    private const string UnknownTakingUp =
        "net.netfilter.nf_conntrack_tcp_loose (tracking of connections already under way) could not be read";
    private const string HalfSeen = "tracking saw only some of the connection's packets";
    private static readonly IntervalSet Flag = IntervalSet.Of(0, 1);
    private static readonly IntervalSet Begun =
        IntervalSet.Of((uint)ConnectionState.Established).Union(IntervalSet.Of((uint)ConnectionState.New));
    private static readonly IntervalSet States =
        IntervalSet.Of((uint)ConnectionState.Invalid, (uint)ConnectionState.Established).Union(IntervalSet.Of((uint)ConnectionState.New));

    public static List<FlowState> Run(FlowRun run, List<FlowState> states)
    {
        var result = new List<FlowState>(states.Count);
        foreach (var state in states)
        {
            StateMerger.Add(result, Track(run, state));
        }

        return result;
    }

    /// <summary>
    /// What tracking says of an answer whose connection it does not find. A SYN-ACK begins none; what comes in the middle of a connection
    /// does, unless the host is told to be strict (tcp_new).
    /// </summary>
    public static ComingConnection Stray(FlowRun run, PacketView view)
    {
        var isTcp = run.Context.Protocol == Tcp;
        if (run.Context.Protocol is Icmp or IcmpIPv6 || (isTcp && MayBeSyn(view[PacketField.TcpFlags])))
        {
            return new ComingConnection(ConnectionState.Invalid, false);
        }

        if (isTcp && view.Marks.IsSeen)
        {
            // What it makes of a packet depends on the states and windows that it saw (tcp_conntracks, tcp_in_window).
            return new ComingConnection(ConnectionState.New, false) { Why = HalfSeen };
        }

        return isTcp ? InTheMiddle(run.Host) : new ComingConnection(ConnectionState.New, false) { IsTakenUp = true };
    }

    /// <summary>What tracking says of a packet of TCP in the middle of a connection that it saw nothing of.</summary>
    public static ComingConnection InTheMiddle(HostFacts host) => host.TakesUpConnections switch
    {
        true => new ComingConnection(ConnectionState.New, false) { IsTakenUp = true },
        false => new ComingConnection(ConnectionState.Invalid, false),
        null => new ComingConnection(ConnectionState.New, false) { Why = UnknownTakingUp },
    };

    private static bool MayBeSyn(in FieldValue flags) => flags.Kind == FieldValueKind.Constant && (flags.Number & Syn) != 0;

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

        if (coming.Why is { } why)
        {
            return tracked with { View = Unknown(run, view, why) };
        }

        if (coming.IsTakenUp)
        {
            // Nobody says which of its packets this is.
            view = view.With(
                (PacketField.ConnectionStatus, FieldValue.Choice(IntervalSet.All(32), TakenUp)),
                (PacketField.ConnectionMark, FieldValue.Choice(IntervalSet.All(32), TakenUp)));
        }

        // Of what the sender sends, the first is new, and what comes behind an answer is not.
        var isEither = coming.IsTakenUp && coming.IsOfSender;
        view = view.With(view.Marks with { IsSeen = true }).With(
            (PacketField.HasConnection, FieldValue.Constant(1)),
            (PacketField.ConnectionState, isEither ? FieldValue.Choice(Begun, TakenUp) : FieldValue.Constant((uint)coming.State)),
            (PacketField.ConnectionDirection, FieldValue.Constant(coming.IsReply ? 1u : 0u)));
        var isKnown = coming.IsReply || (view.Marks.IsLater && coming.State != ConnectionState.New);
        return tracked with { View = isKnown ? view : ConnectionTuples.Begin(view) };
    }

    private static PacketView Unknown(FlowRun run, PacketView view, string why)
    {
        List<(PacketField Field, FieldValue Value)> changes =
        [
            (PacketField.HasConnection, FieldValue.Choice(Flag, why)),
            (PacketField.ConnectionState, FieldValue.Choice(States, why)),
            (PacketField.ConnectionDirection, FieldValue.Choice(Flag, why)),
            (PacketField.ConnectionStatus, FieldValue.Choice(IntervalSet.All(32), why)),
            (PacketField.ConnectionMark, FieldValue.Choice(IntervalSet.All(32), why)),
        ];
        foreach (var field in Tuples)
        {
            changes.Add((field, FieldValue.Choice(IntervalSet.All(run.Context.Width(field)), why)));
        }

        return view.With(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(changes));
    }

    // A packet that is looked up in another zone than its connection is in does not belong to it there.
    private static (ComingConnection Coming, FlowState State) InItsZone(FlowRun run, in FlowState state)
    {
        var marks = state.View.Marks;
        var (coming, zone) = (marks.Coming, marks.Template ?? ConnectionZone.Default);
        marks = marks with { Template = null };
        if (coming.State == ConnectionState.New && marks.Zone is null)
        {
            return (coming, state with { View = state.View.With(marks with { Zone = zone }) });
        }

        var cleared = state with { View = state.View.With(marks) };
        if (coming.State == ConnectionState.Untracked || (coming.State == ConnectionState.Invalid && marks.Zone is null))
        {
            return (coming, cleared);
        }

        if (marks.Zone is not { IsKnown: true } own || !zone.IsKnown)
        {
            return (coming, Doubt(run, cleared, marks.Zone?.Rule ?? zone.Rule ?? run.Context.Zones!));
        }

        if (coming.State != ConnectionState.New && own.IsSame(zone, coming.IsReply))
        {
            return (coming, cleared);
        }

        // What was translated is not translated back then, and it is not treated as the reply.
        var stray = Stray(run, state.View);
        if (stray.State != ConnectionState.Invalid || marks.DestinationRule is not null || marks.SourceRule is not null)
        {
            // A connection that begins behind another is dropped where the two have an end in common (nf_ct_resolve_clash).
            cleared = Doubt(run, cleared, own.Rule ?? zone.Rule ?? run.Context.Zones!);
        }

        if (stray.State == ConnectionState.Invalid)
        {
            return (stray, cleared);
        }

        var view =
            cleared.View.With((PacketField.ConnectionStatus, FieldValue.Constant(0)), (PacketField.ConnectionMark, FieldValue.Constant(0)))
            .With(marks with
            {
                Zone = zone,
                DestinationRule = null,
                SourceRule = null,
                HasDestination = false,
                HasSource = false,
                Coming = stray,
            });
        return (stray, cleared with { View = view });
    }

    private static FlowState Doubt(FlowRun run, in FlowState state, OpenQuestion question)
    {
        var asked = state.Ask(question);
        run.Ends.Add(new Terminal(asked, Fate.Open));
        return asked;
    }
}
