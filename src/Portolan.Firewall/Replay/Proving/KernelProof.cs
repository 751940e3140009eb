using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>
/// What the kernel did with a packet in a scratch namespace where the host and its rules were rebuilt, or why that could not be done.
/// </summary>
public sealed record KernelProof
{
    /// <summary>Why it could not be done; empty when it was.</summary>
    public IReadOnlyList<string> Obstacles { get; init; } = [];

    /// <summary>Whether the kernel was asked and answered.</summary>
    public bool IsDone => Obstacles.Count == 0;

    /// <summary>
    /// In what the scratch namespace is not like the host, without being wrong: rules that test just that answer otherwise there.
    /// </summary>
    public IReadOnlyList<string> Caveats { get; init; } = [];

    /// <summary>The packet.</summary>
    public required ProofPacket Packet { get; init; }

    /// <summary>What became of it.</summary>
    public PacketFate Fate { get; init; }

    /// <summary>
    /// The rule or policy that decided, in the rules that were given: for a packet that got through the last rule that accepted it, else
    /// the last policy; <c>null</c> when no chain looked, or no rule decided.
    /// </summary>
    public RuleReference? Decider { get; init; }

    /// <summary>
    /// The receiver when it was delivered, forwarded or sent: another than the packet's where it was translated; <c>null</c> else.
    /// </summary>
    public InternetAddress? FinalDestination { get; init; }

    /// <summary>The receiver's port then; <c>null</c> for a protocol without.</summary>
    public ushort? FinalPort { get; init; }

    /// <summary>Index of the interface it left by, 0 when it did not.</summary>
    public int OutputInterface { get; init; }

    /// <summary>
    /// Of a packet that routing did not let through, the kernel's counter that shows why, such as <c>IPReversePathFilter</c>; or
    /// <c>null</c>.
    /// </summary>
    public string? RoutingCounter { get; init; }

    /// <summary>What was answered.</summary>
    public PacketReply Reply { get; init; }

    /// <summary>Index of the interface on which the answer left, 0 for none or loopback.</summary>
    public int ReplyInterface { get; init; }

    /// <summary>What became of a request and the reply to it; <c>null</c> where they were not tried.</summary>
    public ProofExchange? Exchange { get; init; }

    /// <summary>What the kernel told of the packet, in order, with the rules that were given.</summary>
    public IReadOnlyList<TraceStep> Steps { get; init; } = [];

    /// <summary>What the kernel told of the answer.</summary>
    public IReadOnlyList<TraceStep> ReplySteps { get; init; } = [];
}

/// <summary>Fates of a packet that the kernel can be seen to give it.</summary>
public enum PacketFate
{
    /// <summary>No rule dropped it, and yet it arrived nowhere: routing did not let it through.</summary>
    Vanished,

    /// <summary>It was delivered to this host.</summary>
    Delivered,

    /// <summary>It went on by another interface.</summary>
    Forwarded,

    /// <summary>It left this host, where it was made.</summary>
    Sent,

    /// <summary>A rule or policy dropped it.</summary>
    Dropped,

    /// <summary>A rule dropped it and answered with an error.</summary>
    Rejected,

    /// <summary>It was handed to a program (queue).</summary>
    Queued,

    /// <summary>A rule took it away: a SYN proxy, or sent elsewhere by fwd.</summary>
    Stolen,
}

/// <summary>Answers that were seen to leave.</summary>
public enum PacketReply
{
    /// <summary>None.</summary>
    None,

    /// <summary>SYN and ACK: the connection is taken.</summary>
    Accepted,

    /// <summary>A TCP reset.</summary>
    Reset,

    /// <summary>ICMP or ICMPv6: port unreachable.</summary>
    PortUnreachable,

    /// <summary>Another error of ICMP or ICMPv6.</summary>
    OtherError,

    /// <summary>The answer to a ping.</summary>
    Echo,
}

/// <summary>A request that was sent behind the first packet, and the reply to it.</summary>
/// <param name="Stop">Where it stopped.</param>
/// <param name="Decider">The rule or policy that stopped it; <c>null</c> for none, and where no rule did.</param>
public sealed record ProofExchange(ExchangeStop Stop, RuleReference? Decider);

/// <summary>Where an exchange stopped.</summary>
public enum ExchangeStop
{
    /// <summary>Nowhere: the reply came back.</summary>
    None,

    /// <summary>The request did not reach the program.</summary>
    Request,

    /// <summary>The program answered, and the answer did not come out.</summary>
    Reply,
}

/// <summary>An event of the trace and what it is about.</summary>
/// <param name="Event">What the kernel told.</param>
/// <param name="Rule">The rule or policy in the rules that were given; <c>null</c> when they have none such.</param>
public sealed record TraceStep(TraceEvent Event, RuleReference? Rule);
