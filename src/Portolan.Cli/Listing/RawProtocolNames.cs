namespace Portolan.Cli.Listing;

/// <summary>Names of IP protocols (IANA protocol-numbers) for raw sockets, as /etc/protocols spells them.</summary>
internal static class RawProtocolNames
{
    /// <summary>The name, or <c>null</c>.</summary>
    public static string? Find(int protocol) => protocol switch
    {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        89 => "ospf",
        103 => "pim",
        112 => "vrrp",
        132 => "sctp",
        136 => "udplite",
        _ => null,
    };
}
