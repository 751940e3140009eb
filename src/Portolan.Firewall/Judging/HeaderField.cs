namespace Portolan.Firewall.Judging;

/// <summary>What else of a packet's headers a sender chooses, and rules may test.</summary>
public enum HeaderField
{
    /// <summary>Type of service, or traffic class: 8 bits.</summary>
    TrafficClass,

    /// <summary>Time to live, or hop limit.</summary>
    HopLimit,

    /// <summary>Bytes of the whole packet, from its IP header on.</summary>
    TotalLength,

    /// <summary>IPv4's identification.</summary>
    Identification,

    /// <summary>IPv4's flags and fragment offset: 16 bits.</summary>
    Fragmentation,

    /// <summary>IPv6's flow label.</summary>
    FlowLabel,

    /// <summary>IPv6's payload length.</summary>
    PayloadLength,

    /// <summary>TCP's sequence number.</summary>
    TcpSequence,

    /// <summary>TCP's acknowledgment number.</summary>
    TcpAcknowledgment,

    /// <summary>The byte of TCP's data offset.</summary>
    TcpOffset,

    /// <summary>TCP's window, as it is in the header.</summary>
    TcpWindow,

    /// <summary>TCP's urgent pointer.</summary>
    TcpUrgent,

    /// <summary>UDP's length.</summary>
    UdpLength,

    /// <summary>The second word of an ICMP header.</summary>
    IcmpRest,

    /// <summary>SCTP's verification tag.</summary>
    SctpTag,

    /// <summary>
    /// Which options of TCP there are: bits for MSS, window scale, SACK permitted, timestamps, SACK, Fast Open, MD5 and multipath TCP, from
    /// the lowest.
    /// </summary>
    TcpOptions,

    /// <summary>The value of TCP's MSS option.</summary>
    TcpSegmentSize,

    /// <summary>The sender's address on the link.</summary>
    EtherSource,
}
