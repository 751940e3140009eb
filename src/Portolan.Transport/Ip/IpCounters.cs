namespace Portolan.Transport.Ip;

/// <summary>Why IP dropped a packet.</summary>
public enum IpDrop : byte
{
    /// <summary>A header or length that does not fit.</summary>
    Malformed,

    /// <summary>The checksum of an IPv4 header, or of an ICMP message, is wrong.</summary>
    BadChecksum,

    /// <summary>The frame was for another station.</summary>
    OtherStation,

    /// <summary>An impossible source, or an address that does not belong on a wire.</summary>
    Martian,

    /// <summary>The destination is another host's, and this one does not forward.</summary>
    NotForUs,

    /// <summary>No route to the destination.</summary>
    NoRoute,

    /// <summary>The hop limit ran out.</summary>
    HopLimit,

    /// <summary>Larger than the next link, and not to be cut.</summary>
    TooBig,

    /// <summary>The neighbour did not answer, or too much waited for it.</summary>
    NoNeighbour,

    /// <summary>The link took no frame.</summary>
    LinkBusy,

    /// <summary>The packet pool was empty, or a queue was full.</summary>
    NoMemory,

    /// <summary>Source routes are refused (RFC 7126 section 4.3).</summary>
    SourceRoute,

    /// <summary>An IPv6 option or routing header that may not be passed over.</summary>
    Option,

    /// <summary>A fragment that was refused, or came too late to be made whole.</summary>
    Fragment,

    /// <summary>A protocol that is not spoken here.</summary>
    UnknownProtocol,

    /// <summary>An ICMP error that quotes no packet of this host.</summary>
    InvalidQuote,

    /// <summary>An ICMP error that was not sent for its limits.</summary>
    ErrorLimited,

    /// <summary>A group without a listener here.</summary>
    NotJoined,

    /// <summary>Fragments that waited for the others of their packet and went for newer ones, at a limit of reassembly.</summary>
    FragmentsEvicted,
}

/// <summary>What an <see cref="IpHost"/> did, in packets.</summary>
internal sealed class IpCounters
{
    private readonly long[] _drops = new long[(int)IpDrop.FragmentsEvicted + 1];

    /// <summary>Frames that came.</summary>
    public long Received { get; internal set; }

    /// <summary>Packets handed to protocols, ICMP included.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Packets of this host that left, fragments each.</summary>
    public long Sent { get; internal set; }

    /// <summary>Foreign packets that were passed on.</summary>
    public long Forwarded { get; internal set; }

    /// <summary>ICMP errors sent.</summary>
    public long ErrorsSent { get; internal set; }

    /// <summary>Packets dropped for a reason.</summary>
    public long this[IpDrop reason] => _drops[(int)reason];

    internal void Drop(IpDrop reason) => _drops[(int)reason]++;
}
