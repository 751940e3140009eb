using Portolan.Packets;

namespace Portolan.Transport;

/// <summary>
/// Numbers that cannot be guessed without the key, and that a seed repeats: SipHash-2-4 of a counter. The seed comes from outside, so that
/// a simulation has every random choice in its hand.
/// </summary>
/// <param name="hash">The key.</param>
public sealed class KeyedRandom(SipHash hash)
{
    private ulong _count;

    /// <summary>From a seed; for unforeseeable numbers, one that cannot be guessed.</summary>
    public KeyedRandom(ulong seed)
        : this(SipHash.FromSeed(seed))
    {
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => hash.Of(_count++, 0x706f_7274_6f6c_616e);

    /// <summary>The next number below <paramref name="limit"/>, which is above 0. The bias is below limit / 2^64.</summary>
    public uint Below(uint limit) => (uint)Math.BigMul(Next(), limit, out _);
}
