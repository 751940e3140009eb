using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging;

/// <summary>Which packets are asked about. What is fixed is a number; what is open is a set that the rules split.</summary>
public sealed record FlowQuery
{
    /// <summary>Whether it comes in from outside, goes out from here, or stays on loopback.</summary>
    public required FlowDirection Direction { get; init; }

    /// <summary>The family of the packets.</summary>
    public required bool IsIPv4 { get; init; }

    /// <summary>IP protocol number: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP, 58 ICMPv6.</summary>
    public required byte Protocol { get; init; }

    /// <summary>The destination port asked about; 0 for a protocol without ports.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>
    /// The destination ports, where they are several, as those that an answer goes to; then <see cref="DestinationPort"/> is not looked at.
    /// Rules do not split them.
    /// </summary>
    public IntervalSet? DestinationPorts { get; init; }

    /// <summary>
    /// Gets what rules ask about <see cref="DestinationPort"/>, whose number it has; <c>null</c> unless requested.
    /// </summary>
    public PortTrace? Trace { get; init; }

    /// <summary>Senders asked about; <c>null</c> for every one that may be (of an outgoing flow: this machine's addresses).</summary>
    public IntervalSet? Sources { get; init; }

    /// <summary>
    /// Destinations asked about; <c>null</c> for all unicast addresses of this machine (inbound), which
    /// <see cref="FlowDirection.Outbound"/> does not allow.
    /// </summary>
    public IntervalSet? Destinations { get; init; }

    /// <summary>Source ports asked about; <c>null</c> for 1 to 65535.</summary>
    public IntervalSet? SourcePorts { get; init; }

    /// <summary>Interfaces the packets arrive on; <c>null</c> for every one that is up, without loopback.</summary>
    public IReadOnlyList<int>? Interfaces { get; init; }

    /// <summary>What connection tracking says of the packet.</summary>
    public ConnectionState State { get; init; } = ConnectionState.New;

    /// <summary>TCP flags of the packet (RFC 9293 section 3.1); a SYN unless told otherwise.</summary>
    public byte TcpFlags { get; init; } = 0x02;

    /// <summary>ICMP or ICMPv6 type, of those protocols.</summary>
    public byte IcmpType { get; init; }

    /// <summary>ICMP or ICMPv6 code, of those protocols.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>Time to live or hop limit, or <c>null</c> for any: rules that test it split the packets.</summary>
    public byte? HopLimit { get; init; }

    /// <summary>Index of the interface that the sending socket of an outgoing packet is bound to, 0 for none.</summary>
    public int OutputInterface { get; init; }

    /// <summary>User of the sending socket of an outgoing packet, or <c>null</c> for any.</summary>
    public uint? UserId { get; init; }

    /// <summary>Group of the sending socket of an outgoing packet, or <c>null</c> for any.</summary>
    public uint? GroupId { get; init; }

    /// <summary>The marks that the answering sockets may have (SO_MARK); <c>null</c> for none.</summary>
    public IntervalSet? SocketMarks { get; init; }

    /// <summary>
    /// Whether a packet of a connection that is known, or one that is related to it, goes against the direction in which that began, as an
    /// error does that answers.
    /// </summary>
    public bool IsAnswer { get; init; }

    /// <summary>
    /// Of an answer: the first packet of the connection that it belongs to, where that is another than the packet turned round, as of an
    /// ICMP error; or <c>null</c>.
    /// </summary>
    public AnsweredPacket? About { get; init; }

    /// <summary>Whether replies to what is accepted are judged too.</summary>
    public bool WithReplies { get; init; } = true;

    /// <summary>
    /// Whether the outcome of replies has the interface that they leave by. Where many senders are asked about, that takes apart what is
    /// else the same, so it is for one sender and one address.
    /// </summary>
    public bool WithReplyInterface { get; init; }

    /// <summary>
    /// TCP flags of the first reply; <c>null</c> for what a listener sends, a SYN-ACK to a SYN. A refusal is a RST with ACK.
    /// </summary>
    public byte? ReplyTcpFlags { get; init; }
}

/// <summary>The first packet of a connection, to which an answer belongs (nf_conntrack_attach).</summary>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Sources">Who sent it.</param>
/// <param name="Destinations">Whom to, before translation.</param>
/// <param name="SourcePorts">From which ports.</param>
/// <param name="DestinationPort">To which port, before translation.</param>
public sealed record AnsweredPacket(
    byte Protocol, IntervalSet Sources, IntervalSet Destinations, IntervalSet SourcePorts, ushort DestinationPort)
{
    /// <summary>Whom to after translation.</summary>
    public IntervalSet Targets { get; init; } = Destinations;

    /// <summary>To which ports after translation.</summary>
    public IntervalSet TargetPorts { get; init; } = IntervalSet.Of(DestinationPort);
}

/// <summary>Which way packets go.</summary>
public enum FlowDirection
{
    /// <summary>From another machine to here, or through here.</summary>
    Inbound,

    /// <summary>From here to another machine.</summary>
    Outbound,

    /// <summary>From here to here, over loopback.</summary>
    Loopback,
}

/// <summary>States of a connection (NF_CT_STATE_BIT).</summary>
public enum ConnectionState
{
    /// <summary>Cannot be tracked.</summary>
    Invalid = 1,

    /// <summary>Seen both ways.</summary>
    Established = 2,

    /// <summary>Belongs to another connection.</summary>
    Related = 4,

    /// <summary>The first packet.</summary>
    New = 8,

    /// <summary>Not tracked.</summary>
    Untracked = 64,
}
