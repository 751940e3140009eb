using System.Numerics;

namespace Portolan.Scan.Targets;

/// <summary>A set of octets: 256 bits.</summary>
internal struct OctetSet
{
    private ulong _0;
    private ulong _1;
    private ulong _2;
    private ulong _3;

    /// <summary>Whether nothing is in it.</summary>
    public readonly bool IsEmpty => (_0 | _1 | _2 | _3) == 0;

    /// <summary>Whether an octet is in it.</summary>
    public readonly bool Contains(int octet) => (Word(octet >> 6) & (1UL << octet)) != 0;

    /// <summary>Adds a range, both ends included.</summary>
    public void Add(int first, int last)
    {
        for (var octet = first; octet <= last; octet++)
        {
            var bit = 1UL << octet;
            switch (octet >> 6)
            {
                case 0: _0 |= bit; break;
                case 1: _1 |= bit; break;
                case 2: _2 |= bit; break;
                default: _3 |= bit; break;
            }
        }
    }

    /// <summary>With the low bits of every octet free: what a netmask makes of it.</summary>
    public readonly OctetSet Widened(int freeBits)
    {
        var widened = default(OctetSet);
        var mask = (1 << freeBits) - 1;
        for (var octet = 0; octet < 256; octet++)
        {
            if (Contains(octet))
            {
                widened.Add(octet & ~mask, octet | mask);
            }
        }

        return widened;
    }

    /// <summary>Ascending.</summary>
    public readonly byte[] ToArray()
    {
        var octets =
            new byte[BitOperations.PopCount(_0) + BitOperations.PopCount(_1) + BitOperations.PopCount(_2) + BitOperations.PopCount(_3)];
        var at = 0;
        for (var octet = 0; octet < 256; octet++)
        {
            if (Contains(octet))
            {
                octets[at++] = (byte)octet;
            }
        }

        return octets;
    }

    private readonly ulong Word(int index) => index switch { 0 => _0, 1 => _1, 2 => _2, _ => _3 };
}
