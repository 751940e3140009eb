using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Elements whose key is one field.</summary>
internal sealed class FieldIndex : IKeyIndex
{
    private readonly PacketField _field;
    private readonly (Interval Key, int Outcome)[] _elements;
    private readonly int _maximumParts;
    private (int Outcome, IntervalSet Keys)[]? _groups;
    private PortTable? _ports;

    /// <summary>From elements in any order that do not overlap.</summary>
    public FieldIndex(PacketField field, List<(Interval Key, int Outcome)> elements, int maximumParts)
    {
        _field = field;
        _elements = [.. elements];
        _maximumParts = maximumParts;
        Array.Sort(_elements, static (a, b) => a.Key.First.CompareTo(b.Key.First));
    }

    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        var value = state.View[_field];
        if (value.Kind == FieldValueKind.Constant)
        {
            if (state.View.IsAsked(_field))
            {
                state.View.Ask(_field, _ports ??= new PortTable(_elements));
            }

            if (Find(value.Number) is { } outcome)
            {
                inside.Add((state, outcome));
            }
            else
            {
                outside.Add(state);
            }

            return true;
        }

        _groups ??= Group();
        var rest = FieldSplitter.Domain(state, _field);
        foreach (var (outcome, keys) in _groups)
        {
            var part = rest.Intersect(keys);
            if (part.IsEmpty)
            {
                continue;
            }

            inside.Add((FieldSplitter.Narrow(state, _field, part, question), outcome));
            if (inside.Count > _maximumParts)
            {
                return false;
            }

            rest = rest.Except(keys);
            if (rest.IsEmpty)
            {
                return true;
            }
        }

        outside.Add(FieldSplitter.Narrow(state, _field, rest, question));
        return true;
    }

    private int? Find(UInt128 key)
    {
        var (low, high) = (0, _elements.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var candidate = _elements[middle].Key;
            if (key < candidate.First)
            {
                high = middle - 1;
            }
            else if (key > candidate.Last)
            {
                low = middle + 1;
            }
            else
            {
                return _elements[middle].Outcome;
            }
        }

        return null;
    }

    private (int Outcome, IntervalSet Keys)[] Group()
    {
        var byOutcome = new Dictionary<int, List<Interval>>();
        foreach (var (key, outcome) in _elements)
        {
            if (!byOutcome.TryGetValue(outcome, out var keys))
            {
                byOutcome.Add(outcome, keys = []);
            }

            keys.Add(key);
        }

        return [.. byOutcome.Select(static pair => (pair.Key, IntervalSet.From(pair.Value)))];
    }
}
