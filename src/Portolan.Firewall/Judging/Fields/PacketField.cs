namespace Portolan.Firewall.Judging.Fields;

/// <summary>What a rule can read of a packet, its connection and its surroundings, as numbers of up to 128 bits.</summary>
/// <remarks>
/// The fields up to <see cref="EtherSource"/> are what a sender chooses: where a query leaves them open they are the dimensions of the
/// packet space (<see cref="PacketFields.OpenCount"/>), and so is <see cref="AnswerInterface"/>. Those from <see cref="InputName"/> on
/// follow from an interface's index.
/// </remarks>
internal enum PacketField : byte
{
    SourceAddress,
    DestinationAddress,
    SourcePort,
    InputInterface,
    TrafficClass,
    HopLimit,
    TotalLength,
    Identification,
    Fragmentation,
    FlowLabel,
    PayloadLength,
    TcpSequence,
    TcpAcknowledgment,
    TcpOffset,
    TcpWindow,
    TcpUrgent,
    UdpLength,
    IcmpRest,
    SctpTag,

    /// <summary>Which options a segment of TCP has, as <see cref="TcpOptionBits"/>.</summary>
    TcpOptions,

    /// <summary>The value of the MSS option, where that is there.</summary>
    TcpSegmentSize,
    EtherSource,

    /// <summary>
    /// The interface that an answer leaves by, as long as it is on its way: no field of a packet, but a dimension by which rules tell
    /// answers apart; it depends on the address they go to (<see cref="Machine.Coupling"/>).
    /// </summary>
    AnswerInterface,

    DestinationPort,
    OutputInterface,
    TcpFlags,
    IcmpType,
    IcmpCode,
    HasLinkHeader,
    PacketType,
    Mark,
    Priority,
    HasConnection,
    ConnectionState,
    ConnectionDirection,
    ConnectionStatus,
    ConnectionMark,
    OriginalSource,
    OriginalDestination,
    OriginalSourcePort,
    OriginalDestinationPort,
    ReplySource,
    ReplyDestination,
    ReplySourcePort,
    ReplyDestinationPort,

    /// <summary>The protocol of the connection, which an ICMP error does not have itself.</summary>
    ConnectionProtocol,
    HasSocket,
    SocketUser,
    SocketGroup,

    /// <summary>
    /// Index of the device that has the packet (skb-&gt;dev): the input's until it leaves, then the output's; 0 at output.
    /// </summary>
    Device,

    /// <summary>Whether it is at the input hook, where its socket may be known already (early demultiplexing).</summary>
    IsAtInput,

    /// <summary>Sixteen bytes that a map gave to a rule; so are the next three.</summary>
    Slot0,
    Slot1,
    Slot2,
    Slot3,

    InputName,
    InputType,
    InputGroup,
    InputKind,
    OutputName,
    OutputType,
    OutputGroup,
    OutputKind,
}
