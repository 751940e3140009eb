using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rules.Expressions;

/// <summary>
/// What every rule of a legacy table tests first (<c>struct ipt_ip</c>, linux/netfilter_ipv4/ip_tables.h; <c>struct ip6t_ip6</c>,
/// linux/netfilter_ipv6/ip6_tables.h). Not there when it would match everything.
/// </summary>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Input">Interface it arrived on. A packet from a local socket has the empty name.</param>
/// <param name="Output">Interface it leaves by. A packet to a local socket has the empty name.</param>
/// <param name="Protocol">Protocol number, of IPv6 that behind the extension headers; 0 for any.</param>
/// <param name="ProtocolInverted">Whether it must be another; with protocol 0 the inversion of any, which IPv4 ignores.</param>
/// <param name="Fragment">Whether it must (true) or must not (false) be a later fragment, IPv4 only; <c>null</c> for either.</param>
public sealed record IpHeaderMatchExpression(
    RuleFamily Family,
    AddressMask Source,
    AddressMask Destination,
    InterfacePattern Input,
    InterfacePattern Output,
    ushort Protocol,
    bool ProtocolInverted,
    bool? Fragment) : Expression
{
    /// <summary>
    /// The type of service that it must have, IPv6 only; <c>null</c> for any. The kernel does not test it any more (ip6_packet_match).
    /// </summary>
    public byte? TypeOfService { get; init; }

    /// <inheritdoc/>
    public override string KernelName => "ip-header";
}
