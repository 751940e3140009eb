using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The way of a first packet that is sent again, because a rule dropped the answer to it.</summary>
internal static class RepeatedWay
{
    /// <summary>
    /// Whether connection tracking saw this answer before it was dropped (nf_conntrack_in sets IPS_SEEN_REPLY): then what comes again is no
    /// new connection.
    /// </summary>
    public static bool IsCounted(PacketView answer) =>
        answer[PacketField.HasConnection] is { Kind: FieldValueKind.Constant } connection && connection.Number != 0;

    /// <summary>Sends the first packets on their way again.</summary>
    /// <param name="run">What it is judged with.</param>
    /// <param name="start">The query's packets.</param>
    /// <param name="query">The query.</param>
    /// <param name="answers">The answers to the first packets, that were dropped.</param>
    public static void Run(FlowRun run, QueryStart start, FlowQuery query, List<Terminal> answers)
    {
        var states = new List<FlowState>();
        foreach (var (answer, _) in answers)
        {
            StateMerger.Add(states, answer with { View = start.Again(query, answer), Trail = null });
        }

        if (query.Direction == FlowDirection.Inbound)
        {
            InboundWay.Run(run, states);
        }
        else
        {
            OutboundWay.Run(run, states);
        }
    }
}
