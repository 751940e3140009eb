namespace Portolan.Firewall.Rules;

/// <summary>A socket of this machine that rules may find: a listener of TCP, or a UDP socket without a peer.</summary>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Address">The address that it is bound to, which may be unspecified.</param>
/// <param name="Port">Its port.</param>
/// <param name="Interface">The interface that it is bound to; 0 for none.</param>
public sealed record LocalSocket(byte Protocol, InternetAddress Address, ushort Port, int Interface)
{
    /// <summary>Whether it takes packets to foreign addresses (IP_TRANSPARENT).</summary>
    public bool IsTransparent { get; init; }

    /// <summary>Whether an IPv6 socket takes no IPv4 (IPV6_V6ONLY).</summary>
    public bool IsOnlyIPv6 { get; init; }

    /// <summary>Whether it takes packets of a family.</summary>
    public bool Takes(bool isIPv4) => Address.Unmap() is var own
        && (own.IsIPv4 ? isIPv4 : !isIPv4 || (own.IsUnspecified && !IsOnlyIPv6));
}
