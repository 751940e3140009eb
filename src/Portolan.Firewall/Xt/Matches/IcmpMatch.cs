using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Type and code of ICMP or ICMPv6 (<c>struct ipt_icmp</c>, linux/netfilter_ipv4/ip_tables.h). Never matches a later fragment; drops a
/// packet with half a header.
/// </summary>
/// <param name="IsIPv6">ICMPv6, else ICMP.</param>
/// <param name="Type">The type; of ICMP 255 is any.</param>
/// <param name="FirstCode">First code.</param>
/// <param name="LastCode">Last code.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
public sealed record IcmpMatch(bool IsIPv6, byte Type, byte FirstCode, byte LastCode, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("icmp", 0, 0, Decode), new("icmp6", 0, 0, Decode)];

    private static IcmpMatch? Decode(XtPayload payload)
    {
        const int Size = 4;
        return payload.Has(Size)
            ? new IcmpMatch(payload.Family == RuleFamily.Ip6, payload.Byte(0), payload.Byte(1), payload.Byte(2), (payload.Byte(3) & 1) != 0)
            : null;
    }
}
