using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// Writes IPv6 extension headers (RFC 8200 section 4). Each method returns the length, a multiple of eight; the next header or payload
/// follows there.
/// </summary>
public static class Ipv6ExtensionWriter
{
    /// <summary>Bytes of a fragment header.</summary>
    public const int FragmentLength = 8;

    /// <summary>Writes a fragment header. Returns 8.</summary>
    /// <param name="header">Room for it.</param>
    /// <param name="next">What the whole goes on with.</param>
    /// <param name="offset">Where the fragment starts in the fragmentable part, in bytes, a multiple of 8.</param>
    /// <param name="moreFragments">Whether it is not the last; its payload then has a multiple of 8 bytes.</param>
    /// <param name="identification">Names the fragments of one packet.</param>
    public static int WriteFragment(Span<byte> header, IpProtocol next, int offset, bool moreFragments, uint identification)
    {
        if (offset % 8 != 0 || offset is < 0 or > 0xfff8)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "a fragment starts at a multiple of 8 below 65,536");
        }

        header[0] = (byte)next;
        header[1] = 0;
        WriteUInt16BigEndian(header[2..], (ushort)(offset | (moreFragments ? 1 : 0)));
        WriteUInt32BigEndian(header[4..], identification);
        return FragmentLength;
    }

    /// <summary>Writes a hop-by-hop or destination options header around encoded options, padded to a multiple of eight.</summary>
    /// <param name="header">Room for it.</param>
    /// <param name="next">What follows.</param>
    /// <param name="options">Type, length and data of each option; at most 2,046 bytes.</param>
    public static int WriteOptions(Span<byte> header, IpProtocol next, ReadOnlySpan<byte> options)
    {
        var length = (2 + options.Length + 7) & ~7;
        header[0] = (byte)next;
        header[1] = checked((byte)((length / 8) - 1));
        options.CopyTo(header[2..]);
        var padding = header[(2 + options.Length)..length];
        padding.Clear();
        if (padding.Length > 1)
        {
            padding[0] = (byte)Ipv6OptionType.PadN;
            padding[1] = (byte)(padding.Length - 2);
        }

        return length;
    }

    /// <summary>Writes a hop-by-hop header with a router alert for multicast listener messages (RFC 2711, value 0). Returns 8.</summary>
    public static int WriteRouterAlert(Span<byte> header, IpProtocol next) =>
        WriteOptions(header, next, [(byte)Ipv6OptionType.RouterAlert, 2, 0, 0]);

    /// <summary>Writes a routing header.</summary>
    /// <param name="header">Room for it.</param>
    /// <param name="next">What follows.</param>
    /// <param name="routingType">The type.</param>
    /// <param name="segmentsLeft">Nodes still to be visited.</param>
    /// <param name="data">What the type asks for: four bytes more than a multiple of eight.</param>
    public static int WriteRouting(Span<byte> header, IpProtocol next, byte routingType, byte segmentsLeft, ReadOnlySpan<byte> data)
    {
        var length = 4 + data.Length;
        if (length % 8 != 0)
        {
            throw new ArgumentException(
                $"a routing header's data has four bytes more than a multiple of eight, not {data.Length}", nameof(data));
        }

        header[0] = (byte)next;
        header[1] = checked((byte)((length / 8) - 1));
        header[2] = routingType;
        header[3] = segmentsLeft;
        data.CopyTo(header[4..]);
        return length;
    }
}
