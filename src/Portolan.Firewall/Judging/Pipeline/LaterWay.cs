using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The way of what follows once a connection's first packet and its answer got through: the sender's acknowledgment and data, and the
/// answers to these.
/// </summary>
internal static class LaterWay
{
    private const byte Tcp = 6;
    private const byte Dccp = 33;
    private const byte Sctp = 132;
    private const byte Syn = 0x02;

    /// <summary>Whether the packets of a query begin connections.</summary>
    public static bool IsOfConnections(FlowQuery query) =>
        query.State == ConnectionState.New && (query.Protocol is Sctp or Dccp || query is { Protocol: Tcp, TcpFlags: Syn });

    /// <summary>Whether the packets of a query begin exchanges, of which more packets follow.</summary>
    public static bool IsOf(FlowQuery query) => IsOfConnections(query)
        || (query is { State: ConnectionState.New, IsAnswer: false } && OrdinaryExchange.IsOfDatagrams(query.Protocol));

    /// <summary>Sends what follows on its way.</summary>
    /// <param name="run">What it is judged with.</param>
    /// <param name="start">The query's packets.</param>
    /// <param name="query">The query.</param>
    /// <param name="answers">The answers to the first packets, that got through.</param>
    /// <param name="flags">TCP flags of what follows.</param>
    public static void Run(FlowRun run, QueryStart start, FlowQuery query, List<Terminal> answers, FieldValue flags)
    {
        var states = new List<FlowState>();
        foreach (var (answer, _) in answers)
        {
            StateMerger.Add(states, answer with { View = start.Later(query, answer, flags), Trail = null });
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
