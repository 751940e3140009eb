using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>What an ICMP error says about a packet that this host sent.</summary>
internal enum IcmpProblem : byte
{
    /// <summary>The network cannot be reached.</summary>
    NetworkUnreachable,

    /// <summary>The host cannot be reached.</summary>
    HostUnreachable,

    /// <summary>The host does not speak the protocol.</summary>
    ProtocolUnreachable,

    /// <summary>Nothing listens at the port.</summary>
    PortUnreachable,

    /// <summary>Larger than a link on the way; see <see cref="IcmpArrival.Mtu"/>.</summary>
    PacketTooBig,

    /// <summary>The way was longer than its hop limit.</summary>
    TimeExceeded,

    /// <summary>Forbidden by an administrator.</summary>
    Prohibited,

    /// <summary>A field of a header was wrong.</summary>
    ParameterProblem,

    /// <summary>Fragments did not come in time.</summary>
    ReassemblyTimeExceeded,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>
/// An ICMP error about a packet of this host. The transport protocol checks it against what it sent before it believes it (RFC 5927 section
/// 4).
/// </summary>
/// <param name="Problem">What happened.</param>
/// <param name="Type">The ICMP or ICMPv6 type.</param>
/// <param name="Code">Its code.</param>
/// <param name="Mtu">For <see cref="IcmpProblem.PacketTooBig"/>: the MTU named, or 0 when the router named none (RFC 1191 section
/// 5).</param>
/// <param name="Reporter">Who sent the error.</param>
/// <param name="Source">The source of the packet in question, one of this host's addresses.</param>
/// <param name="Destination">Its destination.</param>
/// <param name="Interface">Where the error came in.</param>
/// <param name="PacketLength">Bytes of the packet in question, as the header that is quoted says; 0 when that is not known.</param>
internal readonly record struct IcmpArrival(
    IcmpProblem Problem,
    byte Type,
    byte Code,
    int Mtu,
    InternetAddress Reporter,
    InternetAddress Source,
    InternetAddress Destination,
    int Interface,
    int PacketLength = 0);
