using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The way back: what answers an accepted packet, through output or from the other side.</summary>
internal static class ReplyWay
{
    private const byte Tcp = 6;
    private const byte Syn = 0x02;
    private const byte SynAck = 0x12;
    private const byte Ack = 0x10;
    private const byte Reset = 0x04;
    private const byte EchoRequest = 8;
    private const byte EchoRequestIPv6 = 128;
    private const uint SeenReplyAndConfirmed = 2 | 8;
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    private const string OfSocket = "sockets that share the port have different marks (SO_MARK)";

    private const string OfAnswer = "the header of the reply is unknown";

    /// <summary>Whether packets that got through are answered by packets that rules see.</summary>
    public static bool IsAnswered(FlowRun run, in FlowState state) => run.Context.Protocol switch
    {
        1 => state.View[PacketField.IcmpType].Number == EchoRequest,
        58 => state.View[PacketField.IcmpType].Number == EchoRequestIPv6,
        _ => true,
    };

    /// <summary>Sends the answers to packets that got through on their way.</summary>
    /// <param name="run">What it is judged with.</param>
    /// <param name="accepted">The packets.</param>
    /// <param name="flags">TCP flags of the answers.</param>
    /// <param name="marks">The marks that the answering sockets may have; <c>null</c> for none.</param>
    public static void Run(FlowRun run, List<Terminal> accepted, FieldValue flags, IntervalSet? marks)
    {
        var (outbound, inbound) = (new List<FlowState>(), new List<FlowState>());
        foreach (var (state, fate) in accepted)
        {
            if (fate.Delivery != DeliveryKind.Local)
            {
                StateMerger.Add(inbound, state with { View = Turn(run, state.View, flags, isInbound: true), Trail = null });
                continue;
            }

            var own = SocketMarkOf(run, state.View, flags, marks);
            foreach (var part in ByLink(run, state, flags))
            {
                var view = own is { } mark ? part.View.With(PacketField.Mark, mark) : part.View;
                StateMerger.Add(outbound, part with { View = view, Trail = null });
            }
        }

        if (outbound.Count > 0)
        {
            OutboundWay.Run(run, outbound, areAnswers: true);
        }

        if (inbound.Count > 0)
        {
            InboundWay.Run(run, inbound);
        }
    }

    private static PacketView Turn(FlowRun run, PacketView view, FieldValue flags, bool isInbound)
    {
        var input = isInbound ? view[PacketField.OutputInterface] : FieldValue.Constant(0);
        var marks = view.Marks with { MustReroute = false, Coming = ComingOf(run, view, flags), BoundInterface = 0, Written = null };
        List<(PacketField Field, FieldValue Value)> changes =
        [
            (PacketField.SourceAddress, view[PacketField.DestinationAddress]),
            (PacketField.DestinationAddress, view[PacketField.SourceAddress]),
            (PacketField.SourcePort, view[PacketField.DestinationPort]),
            (PacketField.DestinationPort, view[PacketField.SourcePort]),
            (PacketField.InputInterface, input),
            (PacketField.OutputInterface, FieldValue.Constant(0)),
            (PacketField.HasLinkHeader, FieldValue.Constant(isInbound ? 1u : 0u)),
            (PacketField.TcpFlags, flags),
            (PacketField.IcmpType, FieldValue.Constant(run.Context.Protocol == 1 ? 0u : EchoRequestIPv6 + 1u)),
            (PacketField.Mark, isInbound ? FieldValue.Constant(0) : MarkOf(run, view, flags)),
            (PacketField.Priority, FieldValue.Constant(0)),
            (PacketField.HasConnection, FieldValue.Constant(0)),
            (PacketField.ConnectionState, FieldValue.Constant((uint)ConnectionState.Invalid)),
            (PacketField.HasSocket, isInbound ? FieldValue.Constant(0) : FieldValue.Choice(IntervalSet.Of(0, 1), OfAnswer)),
            (PacketField.SocketUser, FieldValue.Choice(IntervalSet.All(32), "the user of the replying socket is unknown")),
            (PacketField.SocketGroup, FieldValue.Choice(IntervalSet.All(32), "the group of the replying socket is unknown")),
        ];
        if (view[PacketField.ConnectionStatus] is { Kind: FieldValueKind.Constant } status)
        {
            changes.Add((PacketField.ConnectionStatus, FieldValue.Constant(status.Number | SeenReplyAndConfirmed)));
        }

        // What the sender chose for its own header says nothing about the answer's.
        for (var field = PacketField.TrafficClass; field <= PacketField.EtherSource; field++)
        {
            if (field is not PacketField.IcmpRest)
            {
                changes.Add(
                    (field,
                        FieldValue.Choice(OrdinaryClient.Later(field, run.Context.Protocol, run.Context.IsIPv4, mayOpen: true), OfAnswer)));
            }
        }

        // All at once: a view for each change would be most of the work.
        return view.With(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(changes)).With(marks);
    }

    private static bool IsOfKernel(FlowRun run, FieldValue flags) => run.Context.Protocol is 1 or 58
        || (run.Context.Protocol == Tcp && flags.Kind == FieldValueKind.Constant && (flags.Number & Reset) != 0);

    // The mark of the socket comes before that of the packet (inet_request_mark); which of several sockets answers is not known.
    private static FieldValue? SocketMarkOf(FlowRun run, PacketView view, FieldValue flags, IntervalSet? marks)
    {
        if (marks is null || IsOfKernel(run, flags))
        {
            return null;
        }

        var kept = MarkOf(run, view, flags);
        return !marks.Contains(0) ? FieldValue.Choice(marks, OfSocket)
            : kept is { Kind: FieldValueKind.Constant } constant
            ? FieldValue.Choice(marks.Except(IntervalSet.Of(0)).Union(IntervalSet.Of(constant.Number)), OfSocket)
            : FieldValue.Choice(IntervalSet.All(32), OfSocket);
    }

    // Of a socket that has no mark of its own (SO_MARK), a connection keeps the mark of its SYN where tcp_fwmark_accept is set
    // (inet_request_mark); what the kernel answers by itself has the mark of the packet where fwmark_reflect is (IP4_REPLY_MARK).
    private static FieldValue MarkOf(FlowRun run, PacketView view, FieldValue flags)
    {
        var isKept = IsOfKernel(run, flags) ? run.Host.ReflectsMarks(run.Context.IsIPv4)
            : run.Context.Protocol == Tcp && run.Host.AcceptsTcpMarks;
        return isKept ? view[PacketField.Mark] : FieldValue.Constant(0);
    }

    /// <summary>The TCP flags of the first answer to the packets of a query.</summary>
    public static FieldValue FirstAnswer(FlowQuery query) =>
        FieldValue.Constant(query.ReplyTcpFlags ?? (query.TcpFlags == Syn ? SynAck : Ack));

    // A sender on the link is answered on that link.
    private static List<FlowState> ByLink(FlowRun run, FlowState state, FieldValue flags)
    {
        var sources = FieldSplitter.Domain(state, PacketField.SourceAddress);
        var onLink = run.Context.IsIPv4 ? IntervalSet.Empty : sources.Intersect(LinkLocal);
        if (onLink.IsEmpty)
        {
            return [state with { View = Turn(run, state.View, flags, isInbound: false) }];
        }

        var result = new List<FlowState>();
        var question = new OpenQuestion(null, "the interface is one of several");
        var others = sources.Except(onLink);
        if (!others.IsEmpty)
        {
            var part = FieldSplitter.Narrow(state, PacketField.SourceAddress, others, question);
            result.Add(part with { View = Turn(run, part.View, flags, isInbound: false) });
        }

        var near = FieldSplitter.Narrow(state, PacketField.SourceAddress, onLink, question);
        if (near.View[PacketField.InputInterface].Kind == FieldValueKind.Open)
        {
            result.Add(Bound(run, near, flags, ViewMarks.InputInterface));
            return result;
        }

        foreach (var interval in FieldSplitter.Domain(near, PacketField.InputInterface).Intervals)
        {
            for (var index = interval.First; index <= interval.Last; index++)
            {
                result.Add(Bound(
                    run, FieldSplitter.Narrow(near, PacketField.InputInterface, IntervalSet.Of(index), question), flags, (int)index));
            }
        }

        return result;
    }

    private static FlowState Bound(FlowRun run, in FlowState state, FieldValue flags, int interfaceIndex)
    {
        var view = Turn(run, state.View, flags, isInbound: false);
        return state with { View = view.With(view.Marks with { BoundInterface = interfaceIndex }) };
    }

    // Without a connection the answer begins one: a SYN-ACK cannot (tcp_new), a datagram can.
    private static ComingConnection ComingOf(FlowRun run, PacketView view, FieldValue flags)
    {
        if (view[PacketField.HasConnection].Number != 0)
        {
            return new ComingConnection(ConnectionState.Established, true);
        }

        // Taken out of tracking behind its back: the answer is of a connection that is known already.
        if (view.Marks is { Coming.State: ConnectionState.Established, IsLater: false })
        {
            return new ComingConnection(ConnectionState.Established, true);
        }

        return ConnectionStage.Stray(run, view.With(PacketField.TcpFlags, flags));
    }
}
