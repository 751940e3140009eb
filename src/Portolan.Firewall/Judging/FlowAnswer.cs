using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging;

/// <summary>What becomes of the packets of a query: regions that share no packet and together are all of them.</summary>
/// <param name="Regions">The regions; those with the same outcome are one.</param>
public sealed record FlowAnswer(IReadOnlyList<FlowRegion> Regions);

/// <summary>Packets that meet the same fate.</summary>
/// <param name="Packets">Which packets.</param>
/// <param name="Outcome">Their fate.</param>
public sealed record FlowRegion(PacketSet Packets, FlowOutcome Outcome);

/// <summary>A set of packets: every combination of what its parts allow.</summary>
/// <param name="Sources">Source addresses.</param>
/// <param name="Destinations">Destination addresses.</param>
/// <param name="SourcePorts">Source ports.</param>
/// <param name="Interfaces">Indexes of the interfaces they arrive on; empty for outgoing ones.</param>
public sealed record PacketSet(IntervalSet Sources, IntervalSet Destinations, IntervalSet SourcePorts, IReadOnlyList<int> Interfaces)
{
    /// <summary>Other tests that split the packets, in words of nft, such as <c>ip ttl &lt; 5</c>; usually none.</summary>
    public IReadOnlyList<string> Conditions { get; init; } = [];

    /// <summary>
    /// What keeps them from being an ordinary client's, in words such as <c>source ports below 1024</c>; none where an ordinary client
    /// sends some of them.
    /// </summary>
    public IReadOnlyList<string> Unusual { get; init; } = [];

    /// <summary>Which of an ordinary client's packets they are, where they are not all of them.</summary>
    public IReadOnlyList<PacketPart> Parts { get; init; } = [];

    /// <summary>The same as numbers: what those header fields may be that the packets are distinguished by; no others.</summary>
    public IReadOnlyDictionary<HeaderField, IntervalSet> Headers { get; init; } =
        System.Collections.Immutable.ImmutableDictionary<HeaderField, IntervalSet>.Empty;
}

/// <summary>A part of an ordinary client's packets.</summary>
/// <param name="What">By what they are distinguished: <c>source port</c>.</param>
/// <param name="Which">Which they are: <c>40000-50000</c>, <c>other than 54321</c>.</param>
public sealed record PacketPart(string What, string Which);

/// <summary>What becomes of packets, and which rules decided.</summary>
public sealed record FlowOutcome
{
    /// <summary>Whether it stops because this machine does not forward packets that arrive on that interface.</summary>
    public bool IsForwardingOff => Decision == FlowDecision.NoRoute && RouteProblem == Judging.RouteProblem.ForwardingOff;

    /// <summary>The fate.</summary>
    public required FlowDecision Decision { get; init; }

    /// <summary>How sure that is.</summary>
    public required FlowProof Proof { get; init; }

    /// <summary>
    /// The rule or policy that decided: for an accept the last one that accepted by a rule, else the last policy; <c>null</c> when no chain
    /// looked. Of <see cref="FlowDecision.Depends"/> the first rule that it depends on.
    /// </summary>
    public RuleReference? Decider { get; init; }

    /// <summary>For <see cref="FlowDecision.Reject"/>, how it is answered.</summary>
    public RejectExpression? Rejection { get; init; }

    /// <summary>
    /// For <see cref="FlowDecision.Depends"/>, the rules that could not be evaluated or whose outcome is not fixed, and why. Of a proved
    /// outcome what is open too, and does not change it either way; then the decider is one of several.
    /// </summary>
    public IReadOnlyList<OpenQuestion> Questions { get; init; } = [];

    /// <summary>The limits within which this is so; of an accepted packet also those of its replies and of what follows.</summary>
    public IReadOnlyList<LimitUse> Limits { get; init; } = [];

    /// <summary>The limit within which this is so, of several the first; or <c>null</c>.</summary>
    public FlowLimit? Limit => Limits is [var first, ..] ? first.Limit : null;

    /// <summary>
    /// Of what becomes of packets that follow: whether an ordinary exchange may be over before it stops anything, as it sends more packets
    /// or fewer.
    /// </summary>
    public bool IsLate { get; init; }

    /// <summary>The limit that the packets before it used up; <c>null</c> where it is not for a limit that it stops.</summary>
    public SpentLimit? Spent { get; init; }

    /// <summary>Where the packet ends up.</summary>
    public DeliveryKind Delivery { get; init; }

    /// <summary>The destination after translation, or <c>null</c> where it is not translated.</summary>
    public Translation? Translation { get; init; }

    /// <summary>The same where the packet itself is changed, and not only given to another socket.</summary>
    public Translation? Rewriting => Translation is { IsProxy: false } ? Translation : null;

    /// <summary>The output interface of a forwarded or outgoing packet, 0 when not known.</summary>
    public int OutputInterface { get; init; }

    /// <summary>What the route did instead of delivering, for <see cref="FlowDecision.NoRoute"/>; or <c>null</c>.</summary>
    public RouteProblem? RouteProblem { get; init; }

    /// <summary>Each chain that looked, in order, and what it did.</summary>
    public IReadOnlyList<ChainVisit> Path { get; init; } = [];

    /// <summary>What becomes of the replies to an accepted packet; <c>null</c> when not asked or not accepted.</summary>
    public FlowOutcome? Replies { get; init; }

    /// <summary>
    /// What becomes of what the sender sends next, its acknowledgment and data, where the first packet and its reply get through and the
    /// rest does not: either these do not, or they do and their <see cref="Replies"/> do not. <c>null</c> when nothing is in the way, and
    /// when replies were not asked for.
    /// </summary>
    public FlowOutcome? Following { get; init; }

    /// <summary>
    /// What becomes of the packet when its sender sends it again, for a rule dropped the reply behind connection tracking, which takes the
    /// connection for answered from then on; <c>null</c> where it gets through again, and of protocols that repeat nothing.
    /// </summary>
    public FlowOutcome? Repeated { get; init; }

    /// <summary>Of an accepted packet: whether what its <see cref="Hindrance"/> stops are answers, not what its sender sends.</summary>
    public bool IsReplyHindered => Following is null or { Decision: FlowDecision.Accept };

    /// <summary>
    /// Of an accepted packet: what becomes of the first packet behind it that does not get through for sure, be it a reply or one that
    /// follows; <c>null</c> for none.
    /// </summary>
    public FlowOutcome? Hindrance => Replies is { Decision: not FlowDecision.Accept } ? Replies
        : Following is { Decision: FlowDecision.Accept } ? Following.Hindrance
        : Following;
}

/// <summary>Limits that let packets through until they are used up.</summary>
/// <param name="Limits">The limits; all of them are used up before packets meet another fate.</param>
/// <param name="Beyond">What becomes of packets then.</param>
public sealed record LimitUse(IReadOnlyList<FlowLimit> Limits, FlowOutcome Beyond)
{
    /// <summary>Whether the packets count that get through.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>The one to name.</summary>
    public FlowLimit Limit => Limits[0];

    /// <summary>Whether it is the same limits.</summary>
    public bool IsOf(LimitUse other) => Limits.SequenceEqual(other.Limits, ReferenceEqualityComparer.Instance);
}

/// <summary>Fates of a packet.</summary>
public enum FlowDecision
{
    /// <summary>It gets through.</summary>
    Accept,

    /// <summary>It vanishes.</summary>
    Drop,

    /// <summary>It is answered with an error.</summary>
    Reject,

    /// <summary>Routing, or its filter of senders, does not let it through.</summary>
    NoRoute,

    /// <summary>A program decides (queue).</summary>
    Queue,

    /// <summary>It depends on a fact that is not known.</summary>
    Depends,
}

/// <summary>How sure a fate is.</summary>
public enum FlowProof
{
    /// <summary>Every rule on the way is understood, or does not change the fate either way.</summary>
    Proved,

    /// <summary>Something could change it; see the questions.</summary>
    Depends,
}

/// <summary>Where a packet ends up.</summary>
public enum DeliveryKind
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>At a socket of this namespace.</summary>
    Local,

    /// <summary>Sent on to another machine or namespace.</summary>
    Forwarded,

    /// <summary>Sent out from here.</summary>
    Sent,
}

/// <summary>A changed destination.</summary>
/// <param name="Address">The new address; <c>null</c> when it stays, or is one of several.</param>
/// <param name="Port">The new port; <c>null</c> when it stays, or is one of several.</param>
/// <param name="Rule">The rule that changes it.</param>
public sealed record Translation(InternetAddress? Address, ushort? Port, RuleReference Rule)
{
    /// <summary>The addresses of which it becomes one; <c>null</c> where it is known which, or the address stays.</summary>
    public IntervalSet? Addresses { get; init; }

    /// <summary>The ports of which it becomes one; <c>null</c> where it is known which, or the port stays.</summary>
    public IntervalSet? Ports { get; init; }

    /// <summary>
    /// Whether the destination stays, and the rule gives the packet to the socket at that address and port (TPROXY): rules behind it see
    /// the port that was asked for.
    /// </summary>
    public bool IsProxy { get; init; }

    /// <summary>The ports that packets to a port may come to, the first of them where they are very many.</summary>
    /// <param name="port">The port before translation.</param>
    public IEnumerable<ushort> TargetPorts(PortNumber port)
    {
        const int Most = 1024;
        if (Ports is not { } several)
        {
            return [Port ?? port.Value];
        }

        var found = new List<ushort>();
        foreach (var interval in several.Intervals)
        {
            for (var number = interval.First; number <= interval.Last && found.Count < Most; number++)
            {
                found.Add((ushort)number);
            }
        }

        return found;
    }
}

/// <summary>Something that is not known about a rule, or about the host's routing.</summary>
/// <param name="Rule">The rule; <c>null</c> where it is not a rule's.</param>
/// <param name="Why">Completes "cannot be judged: ", such as <c>numgen is random</c>.</param>
public sealed record OpenQuestion(RuleReference? Rule, string Why)
{
    /// <summary>What it is about, where that matters to an answer.</summary>
    public QuestionTopic Topic { get; init; }
}

/// <summary>What an <see cref="OpenQuestion"/> is about.</summary>
public enum QuestionTopic
{
    /// <summary>Anything else.</summary>
    Other,

    /// <summary>Which route packets take.</summary>
    Route,

    /// <summary>Which of two chains runs first.</summary>
    ChainOrder,

    /// <summary>Which of the packets of an exchange it is.</summary>
    PacketKind,

    /// <summary>Which local socket a rule finds.</summary>
    LocalSocket,

    /// <summary>How many more routers packets pass.</summary>
    HopLimit,
}

/// <summary>A chain that looked at a packet, and what it did.</summary>
/// <param name="Chain">The base chain.</param>
/// <param name="Decider">The rule that ended it, or the policy.</param>
/// <param name="Verdict">What it did.</param>
public sealed record ChainVisit(RuleChain Chain, RuleReference Decider, VerdictKind Verdict);
