namespace Portolan.Scan.Order;

/// <summary>
/// A keyed permutation of the numbers below a size: the order of a scan. Any position is found at once, without a table and without
/// the positions before it, and any index leads back to its position; so a scan is resumed from one number and shared out by counting.
/// </summary>
/// <remarks>
/// <para>
/// A Feistel network over pairs (l, r) with l below <c>a</c> and r below <c>2^k</c>, the generalized Feistel cipher of Black and
/// Rogaway ("Ciphers with Arbitrary Finite Domains", CT-RSA 2002, section 5), with cycle walking (section 3) for the few pairs beyond the
/// size. Their <c>b</c> is a power of two here and <c>a</c> is the size divided by it, rounded up: the pairs are fewer than <c>2^k</c> more
/// than the size, so a walk of a second step is rare (about one in the square root of the size), and splitting a number takes no division.
/// </para>
/// <para>Not a cipher to keep secrets with. Immutable and safe to use from any thread; nothing is allocated after it is made.</para>
/// </remarks>
public sealed class IndexPermutation
{
    // Odd, with bits well spread: 2^64 divided by the golden ratio.
    private const ulong Golden = 0x9e37_79b9_7f4a_7c15;

    private readonly ulong _mask;
    private readonly ulong _a;
    private readonly int _shift;
    private readonly ulong _key0;
    private readonly ulong _key1;
    private readonly ulong _key2;
    private readonly ulong _key3;
    private readonly ulong _key4;
    private readonly ulong _key5;
    private readonly bool _isInOrder;

    /// <summary>Makes the permutation of <c>0 … size - 1</c> that a key names.</summary>
    /// <param name="size">How many numbers, at least 1.</param>
    /// <param name="key">Another key is another order.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is 0.</exception>
    public IndexPermutation(ulong size, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        Size = size;
        Key = key;

        // Half of the bits that the largest number has; a never has more than 33 bits (2^32 itself), so l fits in 32.
        _shift = (64 - System.Numerics.BitOperations.LeadingZeroCount(size - 1)) / 2;
        _mask = (1UL << _shift) - 1;
        _a = ((size - 1) >> _shift) + 1;
        _key0 = NextKey(ref key);
        _key1 = NextKey(ref key);
        _key2 = NextKey(ref key);
        _key3 = NextKey(ref key);
        _key4 = NextKey(ref key);
        _key5 = NextKey(ref key);
    }

    private IndexPermutation(ulong size)
        : this(size, 0) => _isInOrder = true;

    /// <summary>The numbers in their own order (<c>-r</c>): what leaves all as it is, with the same manners.</summary>
    /// <param name="size">How many numbers, at least 1.</param>
    public static IndexPermutation InOrder(ulong size) => new(size);

    /// <summary>How many numbers are permuted.</summary>
    public ulong Size { get; }

    /// <summary>The key it was made with.</summary>
    public ulong Key { get; }

    /// <summary>The number at a position.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is not below <see cref="Size"/>.</exception>
    public ulong At(ulong position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Size);
        if (_isInOrder)
        {
            return position;
        }

        do
        {
            position = Encipher(position);
        }
        while (position >= Size);

        return position;
    }

    /// <summary>The position of a number: the inverse of <see cref="At"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below <see cref="Size"/>.</exception>
    public ulong PositionOf(ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size);
        if (_isInOrder)
        {
            return index;
        }

        do
        {
            index = Decipher(index);
        }
        while (index >= Size);

        return index;
    }

    /// <summary>One of <paramref name="count"/> shares that together are the whole, each number in one of them.</summary>
    /// <param name="shard">Which, from 0.</param>
    /// <param name="count">How many shares, at least 1.</param>
    public PermutationShard Shard(int shard, int count) => new(this, shard, count);

    // Rounds take turns: l is moved on by a number made from r, modulo a; r is mixed with a number made from l.
    private ulong Encipher(ulong x)
    {
        var l = x >> _shift;
        var r = x & _mask;
        l = Forward(l, r, _key0);
        r ^= Mix(l, _key1) & _mask;
        l = Forward(l, r, _key2);
        r ^= Mix(l, _key3) & _mask;
        l = Forward(l, r, _key4);
        r ^= Mix(l, _key5) & _mask;
        return (l << _shift) | r;
    }

    private ulong Decipher(ulong x)
    {
        var l = x >> _shift;
        var r = x & _mask;
        r ^= Mix(l, _key5) & _mask;
        l = Backward(l, r, _key4);
        r ^= Mix(l, _key3) & _mask;
        l = Backward(l, r, _key2);
        r ^= Mix(l, _key1) & _mask;
        l = Backward(l, r, _key0);
        return (l << _shift) | r;
    }

    private ulong Forward(ulong l, ulong r, ulong key)
    {
        l += Step(r, key);
        return l >= _a ? l - _a : l;
    }

    private ulong Backward(ulong l, ulong r, ulong key)
    {
        var step = Step(r, key);
        return l >= step ? l - step : l + _a - step;
    }

    // Below a: 32 random bits scaled by a multiplication instead of a division (a is at most 2^32, so the product fits).
    private ulong Step(ulong half, ulong key) => ((Mix(half, key) & uint.MaxValue) * _a) >> 32;

    // Both halves of a 128-bit product folded: every bit of the input reaches every bit of the result.
    private static ulong Mix(ulong half, ulong key)
    {
        var high = Math.BigMul(half ^ key, key | 1, out var low);
        return high ^ low;
    }

    // SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
    private static ulong NextKey(ref ulong state)
    {
        state += Golden;
        var z = state;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
