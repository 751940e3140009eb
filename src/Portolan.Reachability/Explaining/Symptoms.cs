using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Reachability.Explaining;

/// <summary>What the one who connects sees, and the words for it.</summary>
internal static class Symptoms
{
    private const byte PortUnreachable = 3;
    private const byte PortUnreachableIPv6 = 4;
    private const byte PortUnreachableX = 1;

    /// <summary>Of packets with this fate; <c>null</c> when it is not decided.</summary>
    internal static ClientSymptom? Of(FlowOutcome outcome, bool isIPv4, TransportProtocol protocol) => outcome.Decision switch
    {
        FlowDecision.Accept when outcome.Replies is { Decision: FlowDecision.Depends or FlowDecision.Queue } => null,
        FlowDecision.Accept when outcome.Replies is { Decision: not FlowDecision.Accept } =>
            protocol == TransportProtocol.Tcp ? ClientSymptom.TimesOut : ClientSymptom.Delivered,
        FlowDecision.Accept => Reached(protocol),
        FlowDecision.Drop => ClientSymptom.TimesOut,
        FlowDecision.Reject => OfReject(outcome.Rejection, isIPv4),
        FlowDecision.NoRoute => ClientSymptom.TimesOut,
        _ => null,
    };

    /// <summary>Of a packet that gets through.</summary>
    internal static ClientSymptom Reached(TransportProtocol protocol) =>
        protocol is TransportProtocol.Udp or TransportProtocol.UdpLite ? ClientSymptom.Delivered : ClientSymptom.Connects;

    /// <summary>The words behind "the client". A client of UDP waits for an answer, not for a connection.</summary>
    internal static string Words(ClientSymptom? symptom, TransportProtocol protocol) => symptom switch
    {
        ClientSymptom.TimesOut when protocol is TransportProtocol.Udp or TransportProtocol.UdpLite => "gets no answer",
        ClientSymptom.Connects => "connects",
        ClientSymptom.Refused => "is refused",
        ClientSymptom.TimesOut => "sees a timeout",
        ClientSymptom.Unreachable => "gets an unreachable error",
        ClientSymptom.Reset => "connects, and then the connection is reset",
        ClientSymptom.Delivered => "gets its datagram delivered",
        _ => "sees a result that is not decided here",
    };

    private static ClientSymptom OfReject(RejectExpression? reject, bool isIPv4) => reject switch
    {
        { Kind: RejectKind.TcpReset } => ClientSymptom.Refused,
        { Kind: RejectKind.IcmpX, Code: PortUnreachableX } => ClientSymptom.Refused,
        { Kind: RejectKind.IcmpUnreachable } =>
            reject.Code == (isIPv4 ? PortUnreachable : PortUnreachableIPv6) ? ClientSymptom.Refused : ClientSymptom.Unreachable,
        _ => ClientSymptom.Unreachable,
    };
}
