using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>Whether the error with which this machine answers gets out: rules of OUTPUT that drop it turn a refusal into silence.</summary>
/// <remarks>What is not judged in time is not decided: the verdict stands without it.</remarks>
internal sealed class AnswerPath(
    NamespaceJudge judge, bool isIPv4, ExplainQuestion question, ExplainFacts facts, CancellationToken cancellationToken)
{
    private const byte IcmpUnreachable = 3;
    private const byte IcmpUnreachableIPv6 = 1;
    private const byte ResetAndAcknowledge = 0x14;
    private static readonly IntervalSet EphemeralPorts = IntervalSet.Of(1024, ushort.MaxValue);

    /// <summary>The rule that cannot be judged and decides whether the answer gets out; <c>null</c> where none does.</summary>
    internal OpenQuestion? Question { get; private set; }

    /// <summary>What the client sees when a rule rejects: the error, or silence; <c>null</c> when it is not decided.</summary>
    internal ClientSymptom? OfReject(Share share, ClientSymptom? symptom) =>
        symptom is null || share.Region.Outcome.Rejection is not { } reject
        ? symptom
        : Symptom(share, symptom.Value, reject.Kind == RejectKind.TcpReset);

    /// <summary>
    /// What the client sees when the first reply does not get out, and its packet is stopped too when it comes again; <c>null</c> when it
    /// is not decided.
    /// </summary>
    internal ClientSymptom? OfSilence(Share share, ClientSymptom? symptom) => share.Region.Outcome.Repeated switch
    {
        null => symptom,
        { Decision: FlowDecision.Drop or FlowDecision.NoRoute } => symptom,
        { Decision: FlowDecision.Reject } repeated =>
            OfReject(
                share with { Region = share.Region with { Outcome = repeated with { Translation = share.Region.Outcome.Translation } } },
                Symptoms.Of(repeated, isIPv4, question.Protocol)),
        _ => null,
    };

    /// <summary>
    /// What the client sees when packets behind the first ones are stopped: an ICMP error ends no connection that is established
    /// (RFC 5927 section 4), a reset does. <c>null</c> where it is not known how far it comes.
    /// </summary>
    internal ClientSymptom? OfLater(Share share, FlowOutcome later, bool isReset)
    {
        if (later.Spent is { Limit.Measure.Unit: LimitUnit.Bytes })
        {
            return null;
        }

        var there = share with { Region = share.Region with { Outcome = later with { Translation = share.Region.Outcome.Translation } } };
        return isReset && Symptom(there, ClientSymptom.Reset, isReset: true) is var seen and not ClientSymptom.TimesOut
            ? seen
            : ClientSymptom.Connects;
    }

    /// <summary>
    /// What a program of this machine sees when a rule here rejects what it sends: the error goes to this machine itself and passes OUTPUT
    /// and, by loopback, INPUT (nf_send_reset, icmp_send); <c>null</c> when it is not decided.
    /// </summary>
    internal ClientSymptom? OfOwnReject(Share share, ClientSymptom? symptom)
    {
        if (symptom is not { } seen || share.Region.Outcome.Rejection is not { } reject || share.Senders.IsEmpty
            || share.Region.Packets.Destinations.IsEmpty)
        {
            return symptom;
        }

        var isReset = reject.Kind == RejectKind.TcpReset;
        var own = judge.Host.Addresses.FirstOrDefault(
            a => a.InterfaceIndex == share.Region.Outcome.OutputInterface && share.Senders.Contains(a.Address.Number)
                && a.Address.IsIPv4 == isIPv4)?.Address.Number
            ?? share.Senders.Intervals[0].First;
        var packets = share.Region.Packets;
        return Arriving(seen, Answer(isReset, share) with
        {
            DestinationPorts = isReset ? ClientPorts(packets) : null,
            Sources = IntervalSet.Of(isReset ? AddressOf(share) : own),
            Destinations = IntervalSet.Of(own),
            About = About(share, IntervalSet.Of(own)),
        });
    }

    /// <summary>
    /// What the client sees when no socket takes what arrives: a reset belongs to its connection, an ICMP error is related to it.
    /// </summary>
    /// <param name="share">What arrives.</param>
    /// <param name="query">The question it was found by.</param>
    internal ClientSymptom? OfNoSocket(Share share, FlowQuery query)
    {
        if (question.Protocol != TransportProtocol.Tcp)
        {
            return Symptom(share, ClientSymptom.Refused, isReset: false);
        }

        // A rule may tell a reset from the SYN-ACK that the replies were judged as.
        var refused = Judge(query with
        {
            Sources = query.Direction == FlowDirection.Inbound && !share.Senders.IsEmpty
                ? IntervalSet.Of(TypicalSender.Of(judge, share.Senders, share.Region.Packets.Interfaces, isIPv4))
                : query.Sources,
            Destinations = share.Region.Packets.Destinations.IsEmpty
                ? query.Destinations
                : IntervalSet.Of(share.Region.Packets.Destinations.Intervals[0].First),
            ReplyTcpFlags = ResetAndAcknowledge,
        });
        if (refused is null)
        {
            return null;
        }

        var replies = refused.Regions.Select(r => r.Outcome.Replies?.Decision ?? FlowDecision.Accept).Distinct().ToList();
        return replies.TrueForAll(static d => d == FlowDecision.Accept) ? ClientSymptom.Refused
            : replies.TrueForAll(static d => d is FlowDecision.Drop or FlowDecision.Reject or FlowDecision.NoRoute) ? ClientSymptom.TimesOut
            : null;
    }

    private ClientSymptom? Symptom(Share share, ClientSymptom symptom, bool isReset)
    {
        // What is sent on to another machine is answered in its name; whether that gets out is not looked at.
        if (share.Region.Packets.Destinations.IsEmpty || share.Senders.IsEmpty || share.Region.Outcome.Delivery == DeliveryKind.Forwarded)
        {
            return symptom;
        }

        var sender = IntervalSet.Of(TypicalSender.Of(judge, share.Senders, share.Region.Packets.Interfaces, isIPv4));
        return Arriving(symptom, Answer(isReset, share) with
        {
            DestinationPorts = isReset ? ClientPorts(share.Region.Packets) : null,
            Sources = IntervalSet.Of(AddressOf(share)),
            Destinations = sender,
            About = About(share, sender),
        });
    }

    /// <summary>The packet that is answered. Its connection is the answer's too, whatever that is made of.</summary>
    private AnsweredPacket? About(Share share, IntervalSet sender)
    {
        var (packets, translation) = (share.Region.Packets, share.Region.Outcome.Rewriting);
        return new AnsweredPacket(
            (byte)question.Protocol, sender, IntervalSet.Of(packets.Destinations.Intervals[0].First), ClientPorts(packets),
            question.Port.Value)
        {
            Targets = translation?.Addresses ?? IntervalSet.Of(AddressOf(share)),
            TargetPorts = translation?.Ports ?? IntervalSet.Of(translation?.Port ?? question.Port.Value),
        };
    }

    /// <summary>The ports that an ordinary client sends these packets from.</summary>
    private static IntervalSet ClientPorts(PacketSet packets) =>
        packets.SourcePorts.IsEmpty
            ? EphemeralPorts
            : packets.SourcePorts.Intersect(EphemeralPorts) is { IsEmpty: false } ports ? ports : packets.SourcePorts;

    /// <summary>
    /// The reset or error, but for its addresses: both take the connection of what they answer, in the other direction
    /// (nf_conntrack_attach).
    /// </summary>
    private FlowQuery Answer(bool isReset, Share share) => new()
    {
        Direction = FlowDirection.Outbound,
        IsIPv4 = isIPv4,
        Protocol = isReset ? (byte)6 : isIPv4 ? (byte)1 : (byte)58,
        SourcePorts = isReset ? IntervalSet.Of(share.Region.Outcome.Rewriting?.Port ?? question.Port.Value) : null,
        TcpFlags = ResetAndAcknowledge,
        IcmpType = isIPv4 ? IcmpUnreachable : IcmpUnreachableIPv6,
        IcmpCode = share.Region.Outcome.Rejection is { Kind: RejectKind.IcmpUnreachable } reject ? reject.Code : isIPv4 ? (byte)3 : (byte)4,
        State = ConnectionState.Related,
        IsAnswer = true,
        WithReplies = false,
    };

    /// <summary>Where the packet was on its way to when it was answered.</summary>
    private static UInt128 AddressOf(Share share) =>
        share.Region.Outcome.Rewriting?.Address?.Number ?? share.Region.Packets.Destinations.Intervals[0].First;

    private FlowAnswer? Judge(FlowQuery query) =>
        facts.Beside(token => judge.Judge(query, token), static FlowAnswer? () => null, cancellationToken);

    private ClientSymptom? Arriving(ClientSymptom symptom, FlowQuery answer)
    {
        if (Judge(answer) is not { Regions: var regions })
        {
            return null;
        }

        Question = regions.SelectMany(static r => r.Outcome.Decision == FlowDecision.Depends ? r.Outcome.Questions : []).FirstOrDefault();
        return regions.Count == 0 || regions.All(static r => r.Outcome.Decision == FlowDecision.Accept) ? symptom
            : regions.All(static r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject or FlowDecision.NoRoute)
            ? ClientSymptom.TimesOut
            : null;
    }
}
