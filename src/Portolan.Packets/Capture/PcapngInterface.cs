using Portolan.Packets.Links;

namespace Portolan.Packets;

/// <summary>An interface of a capture file.</summary>
/// <param name="LinkType">What its frames start with (LINKTYPE_… of the pcap link type registry).</param>
/// <param name="SnapLength">The most bytes kept of a frame; 0 for no limit.</param>
/// <param name="Name">Such as <c>eth0</c>; empty when not said. From outside: hostile.</param>
/// <param name="Resolution">The unit of its times: 10 to the negative power, or with the highest bit set 2 to the negative power of the
/// rest.</param>
/// <param name="OffsetSeconds">Seconds to add to each time.</param>
public sealed record PcapngInterface(ushort LinkType, uint SnapLength, string Name, byte Resolution, long OffsetSeconds)
{
    /// <summary>The link type as this library knows it; <c>null</c> for one that it has no views for.</summary>
    public LinkLayer? Layer => LinkType switch
    {
        PcapngFormat.Ethernet => LinkLayer.Ethernet,
        PcapngFormat.Raw or PcapngFormat.RawIpv4 or PcapngFormat.RawIpv6 => LinkLayer.Ip,
        _ => null,
    };

    /// <summary>Turns a time of this interface into nanoseconds since 1970, cut below and at the ends of the range.</summary>
    internal long ToNanoseconds(ulong time)
    {
        var exponent = Resolution & 0x7f;
        Int128 nanoseconds = (Resolution & 0x80) != 0
            ? (Int128)(((UInt128)time * 1_000_000_000) >> Math.Min(exponent, 127))
            : exponent <= 9
                ? (Int128)time * PowerOfTen(9 - exponent)
                : exponent - 9 > 19 ? 0 : time / (ulong)PowerOfTen(exponent - 9);
        nanoseconds += (Int128)OffsetSeconds * 1_000_000_000;
        return (long)Int128.Clamp(nanoseconds, long.MinValue, long.MaxValue);
    }

    private static Int128 PowerOfTen(int exponent)
    {
        Int128 power = 1;
        for (; exponent > 0; exponent--)
        {
            power *= 10;
        }

        return power;
    }
}
