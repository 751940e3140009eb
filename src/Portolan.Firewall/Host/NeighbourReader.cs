using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;
using Portolan.Packets;

namespace Portolan.Firewall.Host;

/// <summary>Reads the table of neighbours (RTM_GETNEIGH, <c>struct ndmsg</c> of linux/neighbour.h). Needs no privilege.</summary>
public static class NeighbourReader
{
    private const ushort NewNeighbour = 28;
    private const ushort GetNeighbour = 30;
    private const int MessageSize = 12;
    private const ushort AddressAttribute = 1;
    private const ushort HardwareAddressAttribute = 2;
    private const ushort Permanent = 0x80;

    /// <summary>NUD_REACHABLE, STALE, DELAY, PROBE and PERMANENT: the neighbour answered, or is written down.</summary>
    private const ushort KnownStates = 0x02 | 0x04 | 0x08 | 0x10 | Permanent;

    /// <summary>Reads the entries whose hardware address is known; empty where they cannot be read.</summary>
    /// <param name="channel">A channel of NETLINK_ROUTE, which the caller keeps.</param>
    /// <param name="cancellationToken">Stops between two datagrams.</param>
    public static IReadOnlyList<HostNeighbour> Read(INetlinkChannel channel, CancellationToken cancellationToken)
    {
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + MessageSize];
        request.Clear();
        MemoryMarshal.Write(request, new NetlinkHeader { Type = GetNeighbour, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
        var decoder = new Decoder();
        new NetlinkDump(channel).Run(request, decoder, cancellationToken);
        return decoder.Found;
    }

    private sealed class Decoder : INetlinkVisitor
    {
        internal List<HostNeighbour> Found { get; } = [];

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
                Found.Add(new HostNeighbour(MemoryMarshal.Read<int>(payload[4..]), ip, mac, (state & Permanent) != 0));
            }
        }
    }
}
