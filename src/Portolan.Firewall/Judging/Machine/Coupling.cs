using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>
/// Which interfaces go with which addresses: packets that are distinguished by both at once, without a cube for each interface. Immutable.
/// </summary>
/// <remarks>
/// A check of senders lets each of a thousand interfaces have senders of its own. As cubes that are a thousand packets at every rule; as
/// one cube with a coupling it is one, and rules split it only by what they look at. Couplings are told apart by reference: whoever makes
/// one keeps it.
/// </remarks>
internal sealed class Coupling
{
    private readonly (Interval Addresses, IntervalSet Interfaces)[] _segments;
    private readonly bool _isNegated;
    private Dictionary<UInt128, IntervalSet>? _byInterface;

    /// <summary>From addresses that do not overlap, each with its interfaces; what is not named goes with none.</summary>
    /// <param name="interfaces">The dimension of interfaces.</param>
    /// <param name="addresses">The dimension of addresses.</param>
    /// <param name="pairs">Addresses and their interfaces.</param>
    public Coupling(PacketField interfaces, PacketField addresses, IEnumerable<(IntervalSet Addresses, IntervalSet Interfaces)> pairs)
    {
        (Interfaces, Addresses) = (interfaces, addresses);
        var segments = new List<(Interval Addresses, IntervalSet Interfaces)>();
        foreach (var (set, with) in pairs)
        {
            foreach (var interval in set.Intervals)
            {
                segments.Add((interval, with));
            }
        }

        segments.Sort(static (a, b) => a.Addresses.First.CompareTo(b.Addresses.First));
        _segments = [.. segments];
        Negation = new Coupling(this);
    }

    private Coupling(Coupling negated)
    {
        (Interfaces, Addresses, _segments, _isNegated) = (negated.Interfaces, negated.Addresses, negated._segments, true);
        Negation = negated;
    }

    /// <summary>The dimension of interfaces.</summary>
    public PacketField Interfaces { get; }

    /// <summary>The dimension of addresses.</summary>
    public PacketField Addresses { get; }

    /// <summary>Every other packet.</summary>
    public Coupling Negation { get; }

    /// <summary>
    /// The addresses that go with an interface; <c>null</c> for those of a negation, which are too many to list for each.
    /// </summary>
    public IntervalSet? AddressesOf(UInt128 interfaceIndex)
    {
        if (_isNegated)
        {
            return null;
        }

        return (_byInterface ??= ByInterface()).TryGetValue(interfaceIndex, out var addresses) ? addresses : IntervalSet.Empty;
    }

    /// <summary>The addresses, of some, that go with one of some interfaces at least.</summary>
    public IntervalSet AddressesOf(IntervalSet addresses, IntervalSet interfaces)
    {
        var found = new List<Interval>();
        foreach (var (part, _) in Parts(addresses, interfaces))
        {
            part.Intervals.AddTo(found);
        }

        return IntervalSet.From(found);
    }

    /// <summary>Whether any of these addresses goes with any of these interfaces.</summary>
    public bool Any(IntervalSet addresses, IntervalSet interfaces)
    {
        foreach (var wanted in addresses.Intervals)
        {
            if (Any(wanted, interfaces))
            {
                return true;
            }
        }

        return false;
    }

    private bool Any(Interval wanted, IntervalSet interfaces)
    {
        var next = wanted.First;
        for (var at = FirstEndingAt(wanted.First); at < _segments.Length && _segments[at].Addresses.First <= wanted.Last; at++)
        {
            // Between two segments no address goes with any interface: all of the negation.
            var (segment, with) = _segments[at];
            if (_isNegated ? segment.First > next || !interfaces.Except(with).IsEmpty : with.Overlaps(interfaces))
            {
                return true;
            }

            if (segment.Last >= wanted.Last)
            {
                return false;
            }

            next = segment.Last + 1;
        }

        return _isNegated;
    }

    /// <summary>Every combination of these addresses and interfaces that is coupled, as few parts that share nothing.</summary>
    public List<(IntervalSet Addresses, IntervalSet Interfaces)> Parts(IntervalSet addresses, IntervalSet interfaces)
    {
        // Sets of interfaces are mostly one object for each.
        var groups = new Dictionary<IntervalSet, List<Interval>>();
        var rest = new List<Interval>();
        foreach (var wanted in addresses.Intervals)
        {
            var next = wanted.First;
            var isDone = false;
            for (var at = FirstEndingAt(wanted.First); at < _segments.Length && _segments[at].Addresses.First <= wanted.Last; at++)
            {
                var (segment, with) = _segments[at];
                var part = new Interval(UInt128.Max(segment.First, wanted.First), UInt128.Min(segment.Last, wanted.Last));
                if (part.First > next)
                {
                    rest.Add(new Interval(next, part.First - 1));
                }

                if (!groups.TryGetValue(with, out var list))
                {
                    groups.Add(with, list = []);
                }

                list.Add(part);
                isDone = part.Last == wanted.Last;
                next = isDone ? next : part.Last + 1;
            }

            if (!isDone)
            {
                rest.Add(new Interval(next, wanted.Last));
            }
        }

        var result = new List<(IntervalSet Addresses, IntervalSet Interfaces)>(groups.Count + 1);
        foreach (var (with, list) in groups)
        {
            var both = _isNegated ? interfaces.Except(with) : interfaces.Intersect(with);
            if (!both.IsEmpty)
            {
                result.Add((IntervalSet.From(list), both));
            }
        }

        if (_isNegated && rest.Count > 0 && !interfaces.IsEmpty)
        {
            result.Add((IntervalSet.From(rest), interfaces));
        }

        return result;
    }

    private Dictionary<UInt128, IntervalSet> ByInterface()
    {
        var lists = new Dictionary<UInt128, List<Interval>>();
        foreach (var (addresses, interfaces) in _segments)
        {
            foreach (var interval in interfaces.Intervals)
            {
                for (var index = interval.First; index <= interval.Last; index++)
                {
                    if (!lists.TryGetValue(index, out var list))
                    {
                        lists.Add(index, list = []);
                    }

                    list.Add(addresses);
                }
            }
        }

        return lists.ToDictionary(static l => l.Key, static l => IntervalSet.From(l.Value));
    }

    private int FirstEndingAt(UInt128 value)
    {
        var (low, high) = (0, _segments.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_segments[middle].Addresses.Last < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
