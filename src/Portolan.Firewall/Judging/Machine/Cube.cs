using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>
/// A set of packets as every combination of what each open field may be, but for interfaces that cannot be combined with an address
/// (<see cref="Coupling"/>). Immutable.
/// </summary>
/// <remarks>
/// No set of a cube is empty. A coupled cube may turn out to be empty all the same, once it is taken apart (<see cref="Expand"/>).
/// </remarks>
internal sealed class Cube
{
    private readonly IntervalSet[] _sets;
    private readonly Coupling[] _couplings;

    public Cube(IntervalSet[] sets)
        : this(sets, [])
    {
    }

    private Cube(IntervalSet[] sets, Coupling[] couplings)
    {
        (_sets, _couplings) = (sets, couplings);
    }

    /// <summary>Whether interfaces depend on addresses.</summary>
    public bool IsCoupled => _couplings.Length > 0;

    /// <summary>Whether nothing is left of it: no address in it goes with an interface in it.</summary>
    public bool IsEmpty => _couplings switch
    {
        [] => false,
        [var only] => !only.Any(this[only.Addresses], this[only.Interfaces]),
        _ => Expand().Count == 0,
    };

    /// <summary>The coupling of these two dimensions, or <c>null</c>.</summary>
    public Coupling? Find(PacketField interfaces, PacketField addresses)
    {
        foreach (var coupling in _couplings)
        {
            if (coupling.Interfaces == interfaces && coupling.Addresses == addresses)
            {
                return coupling;
            }
        }

        return null;
    }

    /// <summary>How many packets it has, roughly, as a binary logarithm; couplings are not counted.</summary>
    public double LogarithmOfSize
    {
        get
        {
            var sum = 0.0;
            foreach (var set in _sets)
            {
                sum += Math.Log2(set.Size);
            }

            return sum;
        }
    }

    /// <summary>What lies between the smallest and the largest of each dimension, coupled in the same way: quickly made.</summary>
    public Cube Hull => new(
        Array.ConvertAll(
            _sets, static set => set.Count < 2 ? set : IntervalSet.Of(set.Intervals[0].First, set.Intervals[set.Count - 1].Last)),
        _couplings);

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
        return new(sets, _couplings);
    }

    public Cube With(PacketField field, IntervalSet set) => With((int)field, set);

    /// <summary>Only what a coupling lets through.</summary>
    public Cube With(Coupling coupling) => _couplings.Contains(coupling) ? this : new(_sets, [.. _couplings, coupling]);

    /// <summary>The packets of one interface; <c>null</c> for none.</summary>
    /// <param name="interfaces">The dimension of interfaces.</param>
    /// <param name="index">The interface.</param>
    public Cube? Of(PacketField interfaces, UInt128 index)
    {
        var result = With(interfaces, IntervalSet.Of(index));
        foreach (var coupling in _couplings)
        {
            if (coupling.Interfaces == interfaces && coupling.AddressesOf(index) is { } addresses)
            {
                var both = result[coupling.Addresses].Intersect(addresses);
                if (both.IsEmpty)
                {
                    return null;
                }

                result = result.With(coupling.Addresses, both);
            }
        }

        return result;
    }

    /// <summary>The same packets as cubes without couplings, which share nothing; none where it is empty.</summary>
    public List<Cube> Expand()
    {
        List<Cube> result = [new(_sets, [])];
        foreach (var coupling in _couplings)
        {
            var parts = new List<Cube>();
            foreach (var cube in result)
            {
                foreach (var (addresses, interfaces) in coupling.Parts(cube[coupling.Addresses], cube[coupling.Interfaces]))
                {
                    parts.Add(cube.With(coupling.Addresses, addresses).With(coupling.Interfaces, interfaces));
                }
            }

            result = parts;
        }

        return result;
    }

    /// <summary>
    /// Forgets a dimension of interfaces, each of which goes with the addresses that one coupling gives it; <c>null</c> where nothing is
    /// left.
    /// </summary>
    /// <param name="interfaces">The dimension.</param>
    /// <param name="all">What it may be where nothing is known.</param>
    public Cube? Without(PacketField interfaces, IntervalSet all)
    {
        var result = this;
        foreach (var coupling in _couplings)
        {
            if (coupling.Interfaces == interfaces)
            {
                var addresses = coupling.AddressesOf(result[coupling.Addresses], result[interfaces]);
                if (addresses.IsEmpty)
                {
                    return null;
                }

                var sets = result._sets.AsSpan().ToArray();
                sets[(int)coupling.Addresses] = addresses;
                sets[(int)interfaces] = all;
                result = new(sets, [.. result._couplings.Where(c => c != coupling)]);
            }
        }

        return result;
    }

    /// <summary>What is in both, or <c>null</c> for nothing.</summary>
    public Cube? Intersect(Cube other)
    {
        var couplings = _couplings;
        foreach (var coupling in other._couplings)
        {
            if (_couplings.Contains(coupling.Negation))
            {
                return null;
            }

            couplings = couplings.Contains(coupling) ? couplings : [.. couplings, coupling];
        }

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

        return sets is null && ReferenceEquals(couplings, _couplings) ? this : new(sets ?? _sets, couplings);
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

        foreach (var coupling in other._couplings)
        {
            if (!rest._couplings.Contains(coupling))
            {
                result.Add(rest.With(coupling.Negation));
                rest = rest.With(coupling);
            }
        }
    }

    /// <summary>Whether both hold the same packets.</summary>
    public bool IsSame(Cube other)
    {
        if (!IsCoupledAs(other))
        {
            return false;
        }

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
        if (!IsCoupledAs(other))
        {
            return null;
        }

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

    /// <summary>Whether both have the same couplings.</summary>
    public bool IsCoupledAs(Cube other)
    {
        if (ReferenceEquals(_couplings, other._couplings))
        {
            return true;
        }

        if (_couplings.Length != other._couplings.Length)
        {
            return false;
        }

        foreach (var coupling in _couplings)
        {
            if (!other._couplings.Contains(coupling))
            {
                return false;
            }
        }

        return true;
    }
}
