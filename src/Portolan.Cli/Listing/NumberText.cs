using System.Runtime.CompilerServices;

namespace Portolan.Cli.Listing;

/// <summary>Decimal digits and dotted addresses as UTF-8, for the path that runs once per socket.</summary>
internal static class NumberText
{
    /// <summary>Each octet's digits in writing order in the low three bytes, and their count in the highest.</summary>
    private static readonly uint[] Octets = MakeOctets();

    /// <summary>How many digits a number has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Length(uint value) => value switch
    {
        < 10 => 1,
        < 100 => 2,
        < 1000 => 3,
        < 10_000 => 4,
        < 100_000 => 5,
        < 1_000_000 => 6,
        < 10_000_000 => 7,
        < 100_000_000 => 8,
        < 1_000_000_000 => 9,
        _ => 10,
    };

    /// <summary>Writes the digits and returns how many there are; the span must hold ten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(uint value, Span<byte> destination)
    {
        if (value < 10)
        {
            destination[0] = (byte)('0' + value);
            return 1;
        }

        var length = Length(value);
        for (var i = length - 1; i >= 0; i--)
        {
            var rest = value / 10;
            destination[i] = (byte)('0' + (value - (rest * 10)));
            value = rest;
        }

        return length;
    }

    /// <summary>Length of <c>a.b.c.d</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int DottedLength(uint bits)
    {
        var octets = Octets;
        return (int)((octets[bits >> 24] >> 24) + (octets[(byte)(bits >> 16)] >> 24) + (octets[(byte)(bits >> 8)] >> 24)
            + (octets[(byte)bits] >> 24)) + 3;
    }

    /// <summary>Writes <c>a.b.c.d</c> of an address in host order; the span must hold 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteDotted(uint bits, Span<byte> destination)
    {
        var at = WriteOctet(bits >> 24, destination);
        destination[at++] = (byte)'.';
        at += WriteOctet((byte)(bits >> 16), destination[at..]);
        destination[at++] = (byte)'.';
        at += WriteOctet((byte)(bits >> 8), destination[at..]);
        destination[at++] = (byte)'.';
        return at + WriteOctet((byte)bits, destination[at..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteOctet(uint value, Span<byte> destination)
    {
        // Always four bytes: what is too much is overwritten by what follows.
        var octet = Octets[value];
        Unsafe.WriteUnaligned(ref destination[..4][0], octet);
        return (int)(octet >> 24);
    }

    private static uint[] MakeOctets()
    {
        var octets = new uint[256];
        for (uint value = 0; value < 256; value++)
        {
            uint first = '0' + (value / 100), second = '0' + (value / 10 % 10), third = '0' + (value % 10);
            octets[value] = value switch
            {
                >= 100 => first | (second << 8) | (third << 16) | (3u << 24),
                >= 10 => second | (third << 8) | (2u << 24),
                _ => third | (1u << 24),
            };
        }

        return octets;
    }
}
