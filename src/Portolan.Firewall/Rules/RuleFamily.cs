namespace Portolan.Firewall.Rules;

/// <summary>Families of tables (linux/netfilter.h: NFPROTO_*).</summary>
public enum RuleFamily : byte
{
    /// <summary>None given.</summary>
    Unspecified = 0,

    /// <summary>IPv4 and IPv6 in one table.</summary>
    Inet = 1,

    /// <summary>IPv4.</summary>
    Ip = 2,

    /// <summary>ARP.</summary>
    Arp = 3,

    /// <summary>One device's ingress and egress.</summary>
    NetDevice = 5,

    /// <summary>Bridged frames.</summary>
    Bridge = 7,

    /// <summary>IPv6.</summary>
    Ip6 = 10,
}
