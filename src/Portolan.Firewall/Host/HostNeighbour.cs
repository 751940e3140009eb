using Portolan.Packets;

namespace Portolan.Firewall.Host;

/// <summary>An entry of the table of neighbours (ARP, neighbour discovery) whose hardware address is known.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Address">The neighbour's address.</param>
/// <param name="HardwareAddress">Its Ethernet address.</param>
/// <param name="IsPermanent">Whether a person or program wrote it, and the kernel never looks again (NUD_PERMANENT).</param>
public sealed record HostNeighbour(int InterfaceIndex, InternetAddress Address, MacAddress HardwareAddress, bool IsPermanent);
