namespace Portolan.Packets;

/// <summary>What an Ethernet frame carries (IANA ieee-802-numbers). Values below 1536 are lengths of IEEE 802.3 frames.</summary>
public enum EtherType : ushort
{
    /// <summary>IPv4 (RFC 894).</summary>
    Ipv4 = 0x0800,

    /// <summary>ARP (RFC 826).</summary>
    Arp = 0x0806,

    /// <summary>A customer VLAN tag (IEEE 802.1Q).</summary>
    Vlan = 0x8100,

    /// <summary>IPv6 (RFC 2464).</summary>
    Ipv6 = 0x86dd,

    /// <summary>A service VLAN tag (IEEE 802.1ad).</summary>
    ServiceVlan = 0x88a8,
}
