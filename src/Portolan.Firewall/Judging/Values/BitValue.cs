using System.Buffers.Binary;
using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Values;

/// <summary>Bytes of registers as the rule machine holds them before it has seen a packet: segments in the order of memory.</summary>
/// <remarks>
/// Masks, shifts and changes of byte order only move bits, turn them over or make them constant, so a value stays exact through them.
/// </remarks>
internal readonly struct BitValue
{
    private readonly BitSegment[] _segments;

    public BitValue(params BitSegment[] segments)
    {
        _segments = segments;
    }

    public ReadOnlySpan<BitSegment> Segments => _segments ?? [];

    /// <summary>How many bits.</summary>
    public int Width
    {
        get
        {
            var width = 0;
            foreach (var segment in Segments)
            {
                width += segment.Width;
            }

            return width;
        }
    }

    public static BitValue Constant(ReadOnlySpan<byte> bytes)
    {
        var segments = new BitSegment[(bytes.Length + 15) / 16];
        for (var i = 0; i < segments.Length; i++)
        {
            var part = bytes.Slice(i * 16, Math.Min(16, bytes.Length - (i * 16)));
            segments[i] = BitSegment.Constant(Number(part), part.Length * 8);
        }

        return new(segments);
    }

    /// <summary>A whole field in network order.</summary>
    public static BitValue Whole(PacketField field, int width) => new(BitSegment.Of(field, 0, width));

    /// <summary>A field of whole bytes in host order, which is little-endian on every machine this runs on.</summary>
    public static BitValue HostOrder(PacketField field, int width)
    {
        var segments = new BitSegment[width / 8];
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = BitSegment.Of(field, i * 8, 8);
        }

        return new(segments);
    }

    public static BitValue Unknown(int bytes, string why)
    {
        var segments = new BitSegment[(bytes + 15) / 16];
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = BitSegment.Unknown(Math.Min(16, bytes - (i * 16)) * 8, why);
        }

        return new(segments);
    }

    /// <summary>Bytes of up to 16, read as one number.</summary>
    public static UInt128 Number(ReadOnlySpan<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        bytes.CopyTo(padded[(16 - bytes.Length)..]);
        return BinaryPrimitives.ReadUInt128BigEndian(padded);
    }

    /// <summary>Part of it.</summary>
    /// <param name="skip">Bits to leave out in front.</param>
    /// <param name="width">Bits to keep.</param>
    public BitValue Slice(int skip, int width)
    {
        var list = new BitList();
        list.Append(Segments, skip, width);
        return list.ToValue();
    }

    /// <summary>Why it is not known, or <c>null</c> when every bit is a constant or a field's.</summary>
    public string? WhyUnknown
    {
        get
        {
            foreach (var segment in Segments)
            {
                if (segment.Kind == SegmentKind.Unknown)
                {
                    return segment.Why;
                }
            }

            return null;
        }
    }

    /// <summary>Writes bits into bytes whose bits are still zero.</summary>
    public static void PutBits(Span<byte> bytes, int at, UInt128 value, int width)
    {
        while (width > 0)
        {
            var room = 8 - (at & 7);
            var take = Math.Min(room, width);
            var part = (byte)((value >> (width - take)) & BitSegment.Ones(take));
            bytes[at >> 3] |= (byte)(part << (room - take));
            at += take;
            width -= take;
        }
    }

    /// <summary>Reads bits of bytes as a number.</summary>
    public static UInt128 TakeBits(ReadOnlySpan<byte> bytes, int at, int width)
    {
        var value = UInt128.Zero;
        while (width > 0)
        {
            var room = 8 - (at & 7);
            var take = Math.Min(room, width);
            var part = (bytes[at >> 3] >> (room - take)) & ((1 << take) - 1);
            value = (value << take) | (uint)part;
            at += take;
            width -= take;
        }

        return value;
    }
}
