namespace Portolan.Scan.Order;

/// <summary>A share of a permutation: its positions that leave the same remainder (<c>--shard i/n</c>).</summary>
public readonly record struct PermutationShard
{
    private readonly IndexPermutation _permutation;
    private readonly ulong _first;
    private readonly ulong _stride;

    internal PermutationShard(IndexPermutation permutation, int shard, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, count);
        _permutation = permutation;
        _first = (ulong)shard;
        _stride = (ulong)count;
        Count = permutation.Size > _first ? ((permutation.Size - 1 - _first) / _stride) + 1 : 0;
    }

    /// <summary>How many numbers are in this share; 0 when there are more shares than numbers.</summary>
    public ulong Count { get; }

    /// <summary>The number at a step of this share.</summary>
    /// <param name="step">Below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is not below <see cref="Count"/>.</exception>
    public ulong At(ulong step) => _permutation.At(PositionAt(step));

    /// <summary>The position in the whole permutation of a step of this share.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is not below <see cref="Count"/>.</exception>
    public ulong PositionAt(ulong step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Count);
        return _first + (step * _stride);
    }

    /// <summary>Whether a number of the whole is in this share.</summary>
    public bool Contains(ulong index) => _permutation.PositionOf(index) % _stride == _first;
}
