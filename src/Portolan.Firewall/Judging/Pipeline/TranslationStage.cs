using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// Address translation (nf_nat_inet_fn): the nat chains decide about the first packet of a connection, later ones and replies follow.
/// </summary>
internal static class TranslationStage
{
    private const uint SourceDone = 0x80;
    private const uint DestinationDone = 0x100;
    private const string WhyLost = "it translates the connection, but tracking has not seen all of its packets";

    public static List<FlowState> Run(FlowRun run, HookPoint point, List<FlowState> states)
    {
        if (!run.Hooks.HasTranslators || states.Count == 0)
        {
            return states;
        }

        var isSource = point is HookPoint.Input or HookPoint.Postrouting;
        var result = new List<FlowState>();
        var open = new List<FlowState>();
        foreach (var state in states)
        {
            var view = state.View;
            if (view[PacketField.HasConnection].Number == 0)
            {
                StateMerger.Add(
                    result, view.Marks.DestinationRule is null && view.Marks.SourceRule is null ? state : state with { View = Lost(view) });
            }
            else if (view.Marks.Coming.IsReply)
            {
                StateMerger.Add(result, state with { View = TurnBack(view, isSource) });
            }
            else if (view.Marks.IsLater && view.Marks.Coming.State == ConnectionState.Established)
            {
                StateMerger.Add(result, state with { View = Follow(view, isSource) });
            }
            else if (view.Marks.Coming.State != ConnectionState.New || (isSource ? view.Marks.HasSource : view.Marks.HasDestination))
            {
                StateMerger.Add(result, state);
            }
            else
            {
                open.Add(state);
            }
        }

        foreach (var (table, chain) in run.Hooks.Translators(point))
        {
            if (open.Count == 0)
            {
                break;
            }

            var undecided = new List<FlowState>();
            foreach (var state in ChainStage.Run(run, table, chain, open))
            {
                StateMerger.Add((isSource ? state.View.Marks.HasSource : state.View.Marks.HasDestination) ? result : undecided, state);
            }

            open = undecided;
        }

        foreach (var state in open)
        {
            StateMerger.Add(result, state with { View = Settle(state.View, isSource) });
        }

        return result;
    }

    /// <summary>The connection keeps its address for good.</summary>
    public static PacketView Settle(PacketView view, bool isSource)
    {
        var status = view[PacketField.ConnectionStatus];
        if (status.Kind == FieldValueKind.Constant)
        {
            view = view.With(PacketField.ConnectionStatus, status.Number | (isSource ? SourceDone : DestinationDone));
        }

        return view.With(isSource ? view.Marks with { HasSource = true } : view.Marks with { HasDestination = true });
    }

    // Of a connection that is translated, and not known as one of it: it gets to another socket than the others.
    private static PacketView Lost(PacketView view) => view.Marks.Written is not null
        ? view
        : view.With(view.Marks with { Written = new OpenQuestion(view.Marks.DestinationRule ?? view.Marks.SourceRule, WhyLost) });

    // A later packet is translated as the first one was.
    private static PacketView Follow(PacketView view, bool isSource)
    {
        if (isSource)
        {
            return view.Marks.SourceRule is null ? view : view.With(
                (PacketField.SourceAddress, view[PacketField.ReplyDestination]),
                (PacketField.SourcePort, view[PacketField.ReplyDestinationPort]));
        }

        return view.Marks.DestinationRule is null ? view : view.With(
            (PacketField.DestinationAddress, view[PacketField.ReplySource]),
            (PacketField.DestinationPort, view[PacketField.ReplySourcePort]))
            .With(view.Marks with { MustReroute = true });
    }

    // A reply gets back what its connection's first packet had (nf_nat_packet).
    private static PacketView TurnBack(PacketView view, bool isSource)
    {
        if (isSource && view.Marks.DestinationRule is not null)
        {
            return view.With(
                (PacketField.SourceAddress, view[PacketField.OriginalDestination]),
                (PacketField.SourcePort, view[PacketField.OriginalDestinationPort]));
        }

        return !isSource && view.Marks.SourceRule is not null
            ? view.With(
                (PacketField.DestinationAddress, view[PacketField.OriginalSource]),
                (PacketField.DestinationPort, view[PacketField.OriginalSourcePort]))
            : view;
    }
}
