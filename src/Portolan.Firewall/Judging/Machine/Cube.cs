using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>A set of packets as every combination of what each open field may be. Immutable, never empty.</summary>
internal sealed class Cube
{
    private readonly IntervalSet[] _sets;

    public Cube(IntervalSet[] sets)
    {
        _sets = sets;
    }

    public IntervalSet this[int dimension] => _sets[dimension];

    public IntervalSet this[PacketField field] => _sets[(int)field];

    public Cube With(int dimension, IntervalSet set)
    {
        if (ReferenceEquals(_sets[dimension], set))
        {
            return this;
        }

        var sets = _sets.AsSpan().ToArray();
        sets[dimension] = set;
        return new(sets);
    }

    /// <summary>What is in both, or <c>null</c> for nothing.</summary>
    public Cube? Intersect(Cube other)
    {
        IntervalSet[]? sets = null;
        for (var i = 0; i < _sets.Length; i++)
        {
            if (ReferenceEquals(_sets[i], other._sets[i]))
            {
                continue;
            }

            var both = _sets[i].Intersect(other._sets[i]);
            if (both.IsEmpty)
            {
                return null;
            }

            if (!ReferenceEquals(both, _sets[i]))
            {
                sets ??= _sets.AsSpan().ToArray();
                sets[i] = both;
            }
        }

        return sets is null ? this : new(sets);
    }

    /// <summary>Adds to a list what is in this and not in the other, as cubes that share nothing.</summary>
    public void Except(Cube other, List<Cube> result)
    {
        if (Intersect(other) is null)
        {
            result.Add(this);
            return;
        }

        var rest = this;
        for (var i = 0; i < _sets.Length; i++)
        {
            if (ReferenceEquals(rest._sets[i], other._sets[i]))
            {
                continue;
            }

            var outside = rest._sets[i].Except(other._sets[i]);
            if (outside.IsEmpty)
            {
                continue;
            }

            result.Add(rest.With(i, outside));
            rest = rest.With(i, rest._sets[i].Intersect(other._sets[i]));
        }
    }

    /// <summary>Whether both hold the same packets.</summary>
    public bool IsSame(Cube other)
    {
        for (var i = 0; i < _sets.Length; i++)
        {
            if (!ReferenceEquals(_sets[i], other._sets[i]) && !_sets[i].Equals(other._sets[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One cube for both when they differ in one dimension at most, or one holds the other; else <c>null</c>.</summary>
    public Cube? TryUnite(Cube other)
    {
        var different = -1;
        for (var i = 0; i < _sets.Length; i++)
        {
            if (ReferenceEquals(_sets[i], other._sets[i]) || _sets[i].Equals(other._sets[i]))
            {
                continue;
            }

            if (different >= 0)
            {
                return null;
            }

            different = i;
        }

        return different < 0 ? this : With(different, _sets[different].Union(other._sets[different]));
    }
}
