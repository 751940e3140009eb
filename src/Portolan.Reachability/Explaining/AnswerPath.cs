using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>Whether the error with which this machine answers gets out: rules of OUTPUT that drop it turn a refusal into silence.</summary>
internal sealed class AnswerPath(NamespaceJudge judge, bool isIPv4, ExplainQuestion question, CancellationToken cancellationToken)
{
    private const byte IcmpUnreachable = 3;
    private const byte IcmpUnreachableIPv6 = 1;
    private const byte ResetAndAcknowledge = 0x14;
    private const ushort SomeClientPort = 50_000;

    /// <summary>What the client sees when a rule rejects: the error, or silence; <c>null</c> when it is not decided.</summary>
    internal ClientSymptom? OfReject(Share share, ClientSymptom? symptom) => symptom is null || share.Region.Outcome.Rejection is not { } reject
        ? symptom
        : Symptom(share, symptom.Value, reject.Kind == RejectKind.TcpReset, ConnectionState.Related);

    /// <summary>What the client sees when no socket takes what arrives: a reset belongs to its connection, an ICMP error is related to it.</summary>
    internal ClientSymptom? OfNoSocket(Share share)
    {
        if (question.Protocol != TransportProtocol.Tcp)
        {
            return Symptom(share, ClientSymptom.Refused, isReset: false, ConnectionState.Related);
        }

        return share.Region.Outcome.Replies?.Decision switch
        {
            null or FlowDecision.Accept => share.Region.Outcome.Translation is null ? Symptom(share, ClientSymptom.Refused, isReset: true, ConnectionState.Established) : ClientSymptom.Refused,
            FlowDecision.Depends or FlowDecision.Queue => null,
            _ => ClientSymptom.TimesOut,
        };
    }

    private ClientSymptom? Symptom(Share share, ClientSymptom symptom, bool isReset, ConnectionState state)
    {
        // What is sent on to another machine is answered in its name; whether that gets out is not looked at.
        if (share.Region.Packets.Destinations.IsEmpty || share.Senders.IsEmpty || share.Region.Outcome.Delivery == DeliveryKind.Forwarded)
        {
            return symptom;
        }

        var query = new FlowQuery
        {
            Direction = FlowDirection.Outbound,
            IsIPv4 = isIPv4,
            Protocol = isReset ? (byte)6 : isIPv4 ? (byte)1 : (byte)58,
            DestinationPort = isReset ? SomeClientPort : (ushort)0,
            SourcePorts = isReset ? IntervalSet.Of(question.Port.Value) : null,
            TcpFlags = ResetAndAcknowledge,
            IcmpType = isIPv4 ? IcmpUnreachable : IcmpUnreachableIPv6,
            IcmpCode = share.Region.Outcome.Rejection is { Kind: RejectKind.IcmpUnreachable } reject ? reject.Code : isIPv4 ? (byte)3 : (byte)4,
            Sources = IntervalSet.Of(share.Region.Packets.Destinations.Intervals[0].First),
            Destinations = IntervalSet.Of(TypicalSender.Of(judge, share.Senders, share.Region.Packets.Interfaces, isIPv4)),
            State = state,
            WithReplies = false,
        };
        var regions = judge.Judge(query, cancellationToken).Regions;
        return regions.Count == 0 || regions.All(r => r.Outcome.Decision == FlowDecision.Accept) ? symptom
            : regions.All(r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject or FlowDecision.NoRoute) ? ClientSymptom.TimesOut
            : null;
    }
}
