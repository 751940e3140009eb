using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>What an address of an interface may be used for (RFC 4862 section 2).</summary>
public enum AddressState : byte
{
    /// <summary>It is being asked for: packets to it are not taken yet.</summary>
    Tentative,

    /// <summary>It may be used for everything.</summary>
    Preferred,

    /// <summary>New connections had better use another.</summary>
    Deprecated,

    /// <summary>Another host has it; it is not used (RFC 4862 section 5.4.5, RFC 5227 section 2.1.1).</summary>
    Duplicate,
}

/// <summary>An address of an interface. Made by <see cref="NetworkStack.AddAddress"/> or by the stack itself.</summary>
public sealed class HostAddress
{
    internal HostAddress(IpInterface owner, InternetAddress address, int prefixLength)
    {
        Interface = owner;
        Address = address;
        PrefixLength = prefixLength;
    }

    /// <summary>The interface on whose link it is assigned.</summary>
    public IpInterface Interface { get; }

    /// <summary>Unicast, IPv4 or IPv6.</summary>
    public InternetAddress Address { get; }

    /// <summary>Bits of its network, 0–32 or 0–128.</summary>
    public int PrefixLength { get; }

    /// <summary>What it may be used for.</summary>
    public AddressState State { get; internal set; }

    /// <summary>Whether packets may come from it and go to it.</summary>
    public bool IsUsable => State is AddressState.Preferred or AddressState.Deprecated;

    /// <summary>Says that new connections had better use another address, or that they may use it again (RFC 4862 section 5.5.4).</summary>
    public void SetDeprecated(bool isDeprecated)
    {
        if (IsUsable)
        {
            State = isDeprecated ? AddressState.Deprecated : AddressState.Preferred;
            Interface.AddressesChanged();
        }
    }

    /// <summary>How many identifiers were tried before: DAD_Counter of RFC 7217 section 5.</summary>
    internal int Attempt { get; init; }

    /// <summary>Who asks the link whether another host has it: until it is used, and of IPv4 as long as it is.</summary>
    internal AddressCheck? Check { get; set; }

    /// <summary>Such as <c>198.18.0.1/24 on eth0, Preferred</c>.</summary>
    public override string ToString() => $"{Address}/{PrefixLength} on {Interface.Name}, {State}";
}

/// <summary>A network all of whose addresses are this host's: it answers for them, and binds and sends from them.</summary>
/// <param name="Network">The network.</param>
/// <param name="Length">Its bits, 0–32 or 0–128.</param>
/// <param name="Interface">The interface on whose link the host answers for it.</param>
public sealed record LocalPrefix(InternetAddress Network, int Length, IpInterface Interface)
{
    /// <summary>Whether an address is of the network.</summary>
    public bool Contains(InternetAddress address) => address.IsIPv4 == Network.IsIPv4 && address.IsIn(Network, Length);
}
