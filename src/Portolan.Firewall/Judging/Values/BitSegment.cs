using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Values;

/// <summary>Where bits of a register come from.</summary>
internal enum SegmentKind : byte
{
    /// <summary>They are known when the rule is compiled.</summary>
    Constant,

    /// <summary>They are bits of a field, some of them turned over.</summary>
    Field,

    /// <summary>Nothing is known.</summary>
    Unknown,
}

/// <summary>Neighbouring bits of a register with one origin.</summary>
/// <param name="Kind">The origin.</param>
/// <param name="Width">How many bits, 1 to 128.</param>
/// <param name="Bits">A constant's value; of a field the bits that are turned over.</param>
/// <param name="Field">The field.</param>
/// <param name="Low">The place of the last bit in the field, 0 for its lowest.</param>
/// <param name="Why">Of unknown bits: why.</param>
internal readonly record struct BitSegment(SegmentKind Kind, int Width, UInt128 Bits, PacketField Field, int Low, string? Why)
{
    public static BitSegment Constant(UInt128 value, int width) => new(SegmentKind.Constant, width, value, 0, 0, null);

    public static BitSegment Of(PacketField field, int low, int width) => new(SegmentKind.Field, width, 0, field, low, null);

    public static BitSegment Unknown(int width, string why) => new(SegmentKind.Unknown, width, 0, 0, 0, why);

    /// <summary>The lowest bits set, so many.</summary>
    public static UInt128 Ones(int width) => width == 0 ? UInt128.Zero : UInt128.MaxValue >> (128 - width);

    /// <summary>Part of it.</summary>
    /// <param name="skip">Bits to leave out in front.</param>
    /// <param name="width">Bits to keep.</param>
    public BitSegment Slice(int skip, int width)
    {
        if (skip == 0 && width == Width)
        {
            return this;
        }

        var behind = Width - skip - width;
        return this with { Width = width, Low = Low + behind, Bits = (Bits >> behind) & Ones(width) };
    }

    /// <summary>Whether the next segment continues this one, so that both are one.</summary>
    public bool TryJoin(BitSegment next, out BitSegment joined)
    {
        joined = default;
        if (Kind != next.Kind || Width + next.Width > 128)
        {
            return false;
        }

        if (Kind == SegmentKind.Field && (Field != next.Field || Low != next.Low + next.Width))
        {
            return false;
        }

        joined = this with { Width = Width + next.Width, Low = next.Low, Bits = (Bits << next.Width) | next.Bits };
        return true;
    }
}
