using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Routing;

/// <summary>A network interface as the kernel describes it (RTM_NEWLINK, rtnetlink(7)).</summary>
/// <param name="Index">The kernel's number of it.</param>
/// <param name="Name">Its name.</param>
/// <param name="HardwareType">ARPHRD_… of linux/if_arp.h.</param>
/// <param name="Flags">IFF_… of linux/if.h.</param>
/// <param name="Mtu">The most bytes of an IP packet.</param>
/// <param name="HardwareAddress">The Ethernet address; zero where there is none.</param>
public sealed record KernelInterface(int Index, string Name, ushort HardwareType, InterfaceFlags Flags, int Mtu, MacAddress HardwareAddress)
{
    private const ushort EthernetType = 1;

    /// <summary>Whether it was brought up (IFF_UP).</summary>
    public bool IsUp => (Flags & InterfaceFlags.Up) != 0;

    /// <summary>Whether it is the loopback interface.</summary>
    public bool IsLoopback => (Flags & InterfaceFlags.Loopback) != 0;

    /// <summary>Whether frames on it are Ethernet frames between neighbours that ARP and neighbour discovery find.</summary>
    public bool IsEthernet => HardwareType == EthernetType && (Flags & (InterfaceFlags.NoArp | InterfaceFlags.Loopback)) == 0;

    /// <summary>What frames on it start with, as a link of this library shows them.</summary>
    public LinkLayer Layer => IsEthernet ? LinkLayer.Ethernet : LinkLayer.Ip;
}

/// <summary>Flags of an interface (linux/if.h); those that Portolan asks about.</summary>
[Flags]
public enum InterfaceFlags : uint
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>Brought up by the administrator.</summary>
    Up = 1,

    /// <summary>The loopback interface.</summary>
    Loopback = 8,

    /// <summary>Operational: it has a carrier.</summary>
    Running = 0x40,

    /// <summary>Neither ARP nor neighbour discovery is used on it.</summary>
    NoArp = 0x80,
}
