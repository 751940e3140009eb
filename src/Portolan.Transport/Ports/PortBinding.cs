using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>What a program wants to bind: one end of a protocol, and what they are ready to share.</summary>
/// <param name="Protocol">TCP, UDP or another with ports.</param>
/// <param name="Address">The address; <c>0.0.0.0</c> or <c>::</c> for every one of the family. <c>::ffff:a.b.c.d</c> is IPv4 on an IPv6
/// socket.</param>
/// <param name="Port">The port; 0 to have one chosen.</param>
/// <param name="Interface">The number of the interface it is bound to (SO_BINDTODEVICE); 0 for every interface.</param>
/// <param name="IsV6Only">Of <c>::</c>: not IPv4 too (IPV6_V6ONLY). Of other addresses it means nothing.</param>
/// <param name="ReuseAddress">SO_REUSEADDR.</param>
/// <param name="ReusePort">SO_REUSEPORT.</param>
/// <param name="Owner">Whose it is; SO_REUSEPORT shares with the same owner only.</param>
public readonly record struct PortBinding(
    TransportProtocol Protocol,
    InternetAddress Address,
    PortNumber Port,
    int Interface = 0,
    bool IsV6Only = false,
    bool ReuseAddress = false,
    bool ReusePort = false,
    uint Owner = 0)
{
    /// <summary>Whether it takes packets to some IPv4 address.</summary>
    public bool CoversIPv4 => Address.IsIPv4 || Address.IsIPv4Mapped || (Address.IsUnspecified && !IsV6Only);

    /// <summary>Whether it takes packets to some IPv6 address.</summary>
    public bool CoversIPv6 => !Address.IsIPv4 && !Address.IsIPv4Mapped;

    /// <summary>Whether it takes packets to every address of a family.</summary>
    public bool IsWildcard => Address.Unmap().IsUnspecified;

    /// <summary>Whether a packet may exist that both would take: an address and an interface in common.</summary>
    public bool Overlaps(in PortBinding other) => InterfacesMeet(other) && AddressesMeet(other);

    private bool InterfacesMeet(in PortBinding other) => Interface == 0 || other.Interface == 0 || Interface == other.Interface;

    private bool AddressesMeet(in PortBinding other)
    {
        var families = (CoversIPv4 && other.CoversIPv4) || (CoversIPv6 && other.CoversIPv6);
        return families && (IsWildcard || other.IsWildcard || Address.Unmap() == other.Address.Unmap());
    }
}
