using Portolan.Firewall.Judging;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>The one packet that the kernel is asked about: the first of a new connection.</summary>
public sealed record ProofPacket
{
    /// <summary>Whether it comes in from outside, goes out from here, or stays here.</summary>
    public required FlowDirection Direction { get; init; }

    /// <summary>IP protocol number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6; others come in as they are, without a header of their own.</summary>
    public required byte Protocol { get; init; }

    /// <summary>The sender.</summary>
    public required InternetAddress Source { get; init; }

    /// <summary>The receiver; of the same family.</summary>
    public required InternetAddress Destination { get; init; }

    /// <summary>The sender's port.</summary>
    public ushort SourcePort { get; init; } = 50_000;

    /// <summary>The receiver's port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Index of the interface it arrives on; without meaning for other directions.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>ICMP or ICMPv6 type, of those protocols.</summary>
    public byte IcmpType { get; init; }

    /// <summary>ICMP or ICMPv6 code, of those protocols.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>TCP flags of a packet that comes in (RFC 9293 section 3.1); a SYN unless told otherwise.</summary>
    public byte TcpFlags { get; init; } = 0x02;

    /// <summary>Of a packet from here to or from a link-local address, the interface that address is of; 0 for none.</summary>
    public int OutputInterface { get; init; }

    /// <summary>What else its headers must be; fields that are not named are what a client of Linux sends.</summary>
    public IReadOnlyDictionary<HeaderField,
        IntervalSet> Headers
    { get; init; } = System.Collections.Immutable.ImmutableDictionary<HeaderField, IntervalSet>.Empty;

    /// <summary>Whether it is IPv4.</summary>
    public bool IsIPv4 => Source.IsIPv4;
}
