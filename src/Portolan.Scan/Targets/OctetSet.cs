using System.Numerics;
using System.Runtime.CompilerServices;

namespace Portolan.Scan.Targets;

/// <summary>A set of octets: 256 bits.</summary>
internal struct OctetSet
{
    private Bits _bits;

    /// <summary>Whether nothing is in it.</summary>
    public readonly bool IsEmpty => (_bits[0] | _bits[1] | _bits[2] | _bits[3]) == 0;

    /// <summary>Whether an octet is in it.</summary>
    public readonly bool Contains(int octet) => (_bits[octet >> 6] & (1UL << octet)) != 0;

    /// <summary>Adds a range, both ends included.</summary>
    public void Add(int first, int last)
    {
        for (var word = first >> 6; word <= last >> 6; word++)
        {
            var from = Math.Max(first - (64 * word), 0);
            var to = Math.Min(last - (64 * word), 63);
            _bits[word] |= (ulong.MaxValue << from) & (ulong.MaxValue >> (63 - to));
        }
    }

    /// <summary>With the low bits of every octet free: what a netmask makes of it.</summary>
    public readonly OctetSet Widened(int freeBits)
    {
        var widened = default(OctetSet);
        var mask = (1 << freeBits) - 1;
        foreach (var octet in ToArray())
        {
            widened.Add(octet & ~mask, octet | mask);
        }

        return widened;
    }

    /// <summary>Ascending.</summary>
    public readonly byte[] ToArray()
    {
        var count = 0;
        foreach (var word in _bits)
        {
            count += BitOperations.PopCount(word);
        }

        var octets = new byte[count];
        var at = 0;
        for (var index = 0; index < 4; index++)
        {
            for (var rest = _bits[index]; rest != 0; rest &= rest - 1)
            {
                octets[at++] = (byte)((64 * index) + BitOperations.TrailingZeroCount(rest));
            }
        }

        return octets;
    }

    [InlineArray(4)]
    private struct Bits
    {
        private ulong _first;
    }
}
