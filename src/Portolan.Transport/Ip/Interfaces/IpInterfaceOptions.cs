using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Ip;

/// <summary>How an interface is made.</summary>
public sealed record IpInterfaceOptions
{
    /// <summary>Its name, for people.</summary>
    public required string Name { get; init => field = Allowed.NotNull(value); }

    /// <summary>What its frames start with.</summary>
    public LinkLayer Layer { get; init => field = Allowed.Named(value); } = LinkLayer.Ethernet;

    /// <summary>Its Ethernet address; it means nothing on a link of plain IP.</summary>
    public MacAddress HardwareAddress { get; init; }

    /// <summary>The most bytes of an IP packet, 68 to 65,535; below 1,280 there is no IPv6 (RFC 8200 section 5).</summary>
    public int Mtu { get; init => field = Allowed.Between(68, 65_535, value); } = 1500;

    /// <summary>What the link does in the stack's place.</summary>
    public LinkOffload Offload { get; init; }

    /// <summary>The most bytes of a super-segment with its IP header, where the link cuts them.</summary>
    public int MaxSuperSegment { get; init => field = Allowed.AtLeast(68, value); } = 65_535;

    /// <summary>How the IPv6 link-local address is chosen.</summary>
    public LinkLocalChoice LinkLocal { get; init => field = Allowed.Named(value); } = LinkLocalChoice.Stable;

    /// <summary>
    /// How often an IPv6 address is asked for before it is used: DupAddrDetectTransmits of RFC 4862 section 5.1. 0 for not at all.
    /// </summary>
    public int DuplicateAddressProbes { get; init => field = Allowed.AtLeast(0, value); } = 1;

    /// <summary>
    /// Whether IPv4 addresses on Ethernet are asked for before they are used, which takes four to seven seconds, then announced, and
    /// defended once within ten seconds; after a second claim they are given up as <see cref="AddressState.Duplicate"/> (RFC 5227). Linux
    /// leaves that to programs, so the default is no.
    /// </summary>
    public bool DetectsAddressConflicts { get; init; }
}

/// <summary>How an interface gets its IPv6 link-local address.</summary>
public enum LinkLocalChoice : byte
{
    /// <summary>The interface gets no link-local address.</summary>
    None,

    /// <summary>Its lower half is a keyed hash, always the same on this interface (RFC 7217).</summary>
    Stable,

    /// <summary>
    /// Its lower half is the Ethernet address (RFC 4291 appendix A). When another station has it too the interface goes down, for the two
    /// have one Ethernet address (RFC 4862 section 5.4.5).
    /// </summary>
    HardwareAddress,
}
