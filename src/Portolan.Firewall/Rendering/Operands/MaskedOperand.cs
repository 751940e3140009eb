using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>The bits of an operand that a mask leaves, some of them toggled.</summary>
internal sealed class MaskedOperand(Operand inner, ReadOnlyMemory<byte> mask, ReadOnlyMemory<byte> toggled) : Operand(mask.Length)
{
    /// <summary>The operand.</summary>
    public Operand Inner { get; } = inner;

    /// <summary>The mask.</summary>
    public ReadOnlyMemory<byte> Mask { get; } = mask;

    /// <summary>What is toggled afterwards.</summary>
    public ReadOnlyMemory<byte> Toggled { get; } = toggled;

    /// <summary>Whether nothing is toggled.</summary>
    public bool IsMaskOnly => ByteText.IsZero(Toggled.Span);

    /// <summary>The place of the bits of a packet that it leaves, when they are one run, as short as its bytes allow.</summary>
    /// <param name="offset">Where the bytes start.</param>
    /// <param name="mask">The mask.</param>
    /// <returns>Bits from the base, how many, and how far a constant is shifted to the left.</returns>
    public static (int BitOffset, int BitLength, int Shift)? Run(int offset, ReadOnlySpan<byte> mask)
    {
        var total = mask.Length * 8;
        var first = 0;
        while (first < total && !IsSet(mask, first))
        {
            first++;
        }

        var end = first;
        while (end < total && IsSet(mask, end))
        {
            end++;
        }

        for (var i = end; i < total; i++)
        {
            if (IsSet(mask, i))
            {
                return null;
            }
        }

        return end > first && first < 8 && end > total - 8 ? ((offset * 8) + first, end - first, total - end) : null;
    }

    /// <inheritdoc/>
    public override Term ResolveKey(TermScope scope, DataType? expected = null)
    {
        var isWhole = Inner is PayloadOperand whole && whole.Field(scope, whole.Offset * 8, whole.Length * 8) is not null;
        if (IsMaskOnly && !isWhole)
        {
            if (Inner is PayloadOperand payload && Run(payload.Offset, Mask.Span) is var (offset, length, shift)
                && payload.Field(scope, offset, length) is not null)
            {
                return payload.Resolve(scope, offset, length) with { Shift = shift, Length = Length };
            }

            if (Inner is ExtensionHeaderOperand option && Run(option.Header.Offset, Mask.Span) is var (at, count, distance)
                && option.HasField(at, count))
            {
                return option.Resolve(scope, at, count) with { Shift = distance, Length = Length };
            }
        }

        return Resolve(scope, expected);
    }

    /// <summary>The field that is left when the result is shifted to the right by some bits; <c>null</c> where there is none.</summary>
    public Term? Field(TermScope scope, int shift) => Inner switch
    {
        _ when !IsMaskOnly => null,
        PayloadOperand payload when Run(payload.Offset, Mask.Span) is var (offset, length, distance) && distance == shift =>
            payload.Resolve(scope, offset, length),
        ExtensionHeaderOperand option
            when Run(option.Header.Offset, Mask.Span) is var (offset, length, distance) && distance == shift
                && option.HasField(offset, length) =>
            option.Resolve(scope, offset, length),
        _ => null,
    };

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var term = Inner.Resolve(scope, expected);
        var kept = ByteText.ToNetwork(Mask.Span, term.IsHostOrder);
        var flipped = ByteText.ToNetwork(Toggled.Span, term.IsHostOrder);
        var text = IsMaskOnly ? $"{term.Text} & {term.Type.FormatOperand(kept)}"
            : !kept.AsSpan().ContainsAnyExcept((byte)0xff) ? $"{term.Text} ^ {term.Type.FormatOperand(flipped)}"
            : IsOr(kept, flipped) ? $"{term.Text} | {term.Type.FormatOperand(flipped)}"
            : $"{term.Text} & {term.Type.FormatOperand(kept)} ^ {term.Type.FormatOperand(flipped)}";
        return term with { Text = text };
    }

    // What is set is first cleared: v & ~x ^ x.
    private static bool IsOr(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> toggled)
    {
        for (var i = 0; i < mask.Length; i++)
        {
            if (i >= toggled.Length || (byte)~mask[i] != toggled[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSet(ReadOnlySpan<byte> bytes, int bit) => (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
}
