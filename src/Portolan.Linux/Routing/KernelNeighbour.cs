using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Linux.Routing;

/// <summary>An entry of the table of neighbours (ARP, neighbour discovery) whose hardware address is known.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Address">The neighbour's address.</param>
/// <param name="HardwareAddress">Its Ethernet address.</param>
/// <param name="State">NUD_… of linux/neighbour.h.</param>
public sealed record KernelNeighbour(int InterfaceIndex, InternetAddress Address, MacAddress HardwareAddress, ushort State)
{
    internal const ushort GetNeighbour = 30;
    internal const int MessageSize = 12;

    private const ushort NewNeighbour = 28;
    private const ushort WithoutDiscovery = 0x40;
    private const ushort Permanent = 0x80;

    /// <summary>NUD_REACHABLE, STALE, DELAY, PROBE, NOARP and PERMANENT: the address is known.</summary>
    private const ushort KnownStates = 0x02 | 0x04 | 0x08 | 0x10 | WithoutDiscovery | Permanent;

    /// <summary>Whether a person or program wrote it, and the kernel never looks again (NUD_PERMANENT).</summary>
    public bool IsPermanent => (State & Permanent) != 0;

    /// <summary>Whether no neighbour was ever asked: the link needs no addresses (NUD_NOARP).</summary>
    public bool IsWithoutDiscovery => (State & WithoutDiscovery) != 0;

    /// <summary>Reads the entries; empty where they cannot be read. Needs no privilege.</summary>
    /// <param name="channel">A channel of NETLINK_ROUTE, which the caller keeps.</param>
    /// <param name="cancellationToken">Stops between two datagrams.</param>
    public static IReadOnlyList<KernelNeighbour> Read(INetlinkChannel channel, CancellationToken cancellationToken)
    {
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + MessageSize];
        request.Clear();
        MemoryMarshal.Write(request, new NetlinkHeader { Type = GetNeighbour, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
        var reader = new Reader();
        new NetlinkDump(channel).Run(request, reader, cancellationToken);
        return reader.Found;
    }

    /// <summary>Takes entries from RTM_NEWNEIGH messages.</summary>
    internal sealed class Reader : INetlinkVisitor
    {
        private const ushort AddressAttribute = 1;
        private const ushort HardwareAddressAttribute = 2;

        internal List<KernelNeighbour> Found { get; } = [];

        // struct ndmsg: family, padding (3), interface (4), state (2), flags, type.
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type != NewNeighbour || payload.Length < MessageSize
                || MemoryMarshal.Read<ushort>(payload[8..]) is var state && (state & KnownStates) == 0)
            {
                return;
            }

            InternetAddress? address = null;
            MacAddress? hardware = null;
            var attributes = new NetlinkAttributes(payload[MessageSize..]);
            while (attributes.MoveNext())
            {
                if (attributes.Type == AddressAttribute && attributes.Value.Length is 4 or 16)
                {
                    address = InternetAddress.FromBytes(attributes.Value);
                }
                else if (attributes.Type == HardwareAddressAttribute && attributes.Value.Length == MacAddress.Length)
                {
                    hardware = MacAddress.FromBytes(attributes.Value);
                }
            }

            if (address is { } ip && hardware is { } mac)
            {
                Found.Add(new KernelNeighbour(MemoryMarshal.Read<int>(payload[4..]), ip, mac, state));
            }
        }
    }
}
