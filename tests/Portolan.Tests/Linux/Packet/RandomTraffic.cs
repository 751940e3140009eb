using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Tests.Linux.Packet;

/// <summary>A random packet, with what must be known to judge whether a filter wants it.</summary>
internal sealed class RandomTraffic
{
    private static readonly byte[] Protocols = [1, 6, 17, 58, 0, 43, 44, 60, 89, 132];

    private RandomTraffic(byte[] packet) => Packet = packet;

    /// <summary>The packet, from its IP or ARP header on.</summary>
    internal byte[] Packet { get; }

    internal ushort EtherType { get; private init; }

    internal ushort? VlanTag { get; private init; }

    internal byte Protocol { get; private init; }

    internal InternetAddress Destination { get; private init; }

    internal ushort DestinationPort { get; private init; }

    internal int FragmentOffset { get; private init; }

    internal byte IcmpType { get; private init; }

    internal static RandomTraffic Make(Random random, IReadOnlyList<InternetAddress> likely)
    {
        var type = random.Next(8) switch { 0 => 0x0806, 1 => random.Next(65536), < 5 => 0x86dd, _ => 0x0800 };
        var isIPv6 = type == 0x86dd;
        var packet = new byte[random.Next(4) == 0 ? random.Next(80) + 60 : 100];
        random.NextBytes(packet);
        var protocol = Protocols[random.Next(Protocols.Length)];
        var candidates = likely.Where(one => one.IsIPv4 != isIPv6).ToArray();
        var destination = candidates.Length > 0 && random.Next(3) > 0
            ? candidates[random.Next(candidates.Length)]
            : RandomAddress(random, !isIPv6);
        var port = (ushort)random.Next(65536);
        var fragment = random.Next(4) == 0 ? random.Next(1, 8192) : 0;
        var words = random.Next(5, 11); // 32-bit words of an IPv4 header
        var icmpType = (byte)(random.Next(2) == 0 ? random.Next(130, 140) : random.Next(256));
        if (isIPv6)
        {
            packet[6] = protocol;
            destination.WriteBytes(packet.AsSpan(24));
            packet[40] = protocol == 58 ? icmpType : packet[40];
            if (protocol is 6 or 17)
            {
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(42), port);
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(42), (ushort)((fragment << 3) | random.Next(8)));
            }
        }
        else
        {
            packet[0] = (byte)(0x40 | words);
            packet[9] = protocol;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)(fragment | (random.Next(8) << 13)));
            destination.WriteBytes(packet.AsSpan(16));
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan((4 * words) + 2), port);
        }

        return new RandomTraffic(packet)
        {
            EtherType = (ushort)type,
            VlanTag = random.Next(4) switch { 0 => (ushort)random.Next(65536), 1 => (ushort)(random.Next(8) << 13), _ => null },
            Protocol = protocol,
            Destination = destination,
            DestinationPort = port,
            FragmentOffset = fragment,
            IcmpType = icmpType,
        };
    }

    internal static InternetAddress RandomAddress(Random random, bool isIPv4)
    {
        // Few values in each byte, so that addresses often agree in parts.
        var bytes = new byte[isIPv4 ? 4 : 16];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)random.Next(3);
        }

        return InternetAddress.FromBytes(bytes);
    }

    /// <summary>Whether <see cref="FrameFilter"/>'s description covers the packet.</summary>
    internal bool IsWantedBy(FrameFilter filter, bool addressesCount)
    {
        if (VlanTag is { } tag && (tag & 0xfff) != 0)
        {
            return false;
        }

        if (EtherType is not (0x0800 or 0x86dd))
        {
            return EtherType == 0x0806;
        }

        var isIPv6 = EtherType == 0x86dd;
        if (isIPv6 && Protocol == 58 && IcmpType is >= 133 and <= 137)
        {
            return true;
        }

        if (addressesCount && !filter.Addresses.Contains(Destination))
        {
            return false;
        }

        if (isIPv6)
        {
            return Protocol switch
            {
                6 or 17 => HasWantedPort(filter),
                44 => FragmentOffset == 0,
                58 or 0 or 43 or 60 => true,
                _ => false,
            };
        }

        return FragmentOffset == 0 && Protocol switch
        {
            6 or 17 => HasWantedPort(filter),
            1 => true,
            _ => false,
        };
    }

    private bool HasWantedPort(FrameFilter filter) => DestinationPort >= filter.FirstPort.Value && DestinationPort <= filter.LastPort.Value;
}
