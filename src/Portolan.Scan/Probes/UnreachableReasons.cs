using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Scan.Probes;

/// <summary>What a destination unreachable message says, in nmap's words. Codes that nmap's state tables do not name say nothing.</summary>
internal static class UnreachableReasons
{
    /// <summary>Of ICMP (RFC 792, RFC 1812 section 5.2.7.1).</summary>
    public static ReplyReason? Of(IcmpUnreachableCode code) => code switch
    {
        IcmpUnreachableCode.Network => ReplyReason.NetworkUnreachable,
        IcmpUnreachableCode.Host => ReplyReason.HostUnreachable,
        IcmpUnreachableCode.Protocol => ReplyReason.ProtocolUnreachable,
        IcmpUnreachableCode.Port => ReplyReason.PortUnreachable,
        IcmpUnreachableCode.NetworkProhibited => ReplyReason.NetworkProhibited,
        IcmpUnreachableCode.HostProhibited => ReplyReason.HostProhibited,
        IcmpUnreachableCode.AdministrativelyProhibited => ReplyReason.AdministrativelyProhibited,
        _ => null,
    };

    /// <summary>Of ICMPv6 (RFC 4443 section 3.1).</summary>
    public static ReplyReason? Of(Icmpv6UnreachableCode code) => code switch
    {
        Icmpv6UnreachableCode.NoRoute or Icmpv6UnreachableCode.RejectRoute => ReplyReason.NetworkUnreachable,
        Icmpv6UnreachableCode.AdministrativelyProhibited or Icmpv6UnreachableCode.SourcePolicy => ReplyReason.AdministrativelyProhibited,
        Icmpv6UnreachableCode.BeyondScope or Icmpv6UnreachableCode.Address => ReplyReason.HostUnreachable,
        Icmpv6UnreachableCode.Port => ReplyReason.PortUnreachable,
        _ => null,
    };
}
