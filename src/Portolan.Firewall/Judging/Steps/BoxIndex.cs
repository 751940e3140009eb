using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Elements whose key is several fields: boxes with an interval for each.</summary>
/// <param name="fields">The fields.</param>
/// <param name="boxes">The intervals, those of one box behind each other, in the order of the fields.</param>
/// <param name="outcomes">The number of each box's outcome.</param>
/// <param name="maximumParts">More are not told apart.</param>
internal sealed class BoxIndex(PacketField[] fields, Interval[] boxes, int[] outcomes, int maximumParts) : IKeyIndex
{
    private readonly Dictionary<UInt128, List<int>>?[] _byNumber = new Dictionary<UInt128, List<int>>?[fields.Length];
    private readonly PortTable?[] _ports = new PortTable?[fields.Length];
    private readonly List<int>?[] _wide = new List<int>?[fields.Length];

    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        var candidates = Candidates(state);
        var parts = Group(state, candidates);
        if (parts.Count > maximumParts)
        {
            return false;
        }

        outside.Add(state);
        var rest = new List<FlowState>();
        foreach (var (sets, outcome) in parts)
        {
            rest.Clear();
            foreach (var piece in outside)
            {
                if (Cut(piece, sets, question, rest) is { } found)
                {
                    inside.Add((found, outcome));
                }
            }

            outside.Clear();
            outside.AddRange(rest);
            if (inside.Count + outside.Count > maximumParts)
            {
                return false;
            }
        }

        return true;
    }

    private FlowState? Cut(in FlowState piece, IntervalSet?[] sets, OpenQuestion question, List<FlowState> rest)
    {
        var found = piece;
        var start = rest.Count;
        for (var i = 0; i < fields.Length; i++)
        {
            if (sets[i] is not { } set)
            {
                continue;
            }

            var domain = FieldSplitter.Domain(found, fields[i]);
            var part = domain.Intersect(set);
            if (part.IsEmpty)
            {
                rest.RemoveRange(start, rest.Count - start);
                rest.Add(piece);
                return null;
            }

            var others = domain.Except(set);
            if (!others.IsEmpty)
            {
                rest.Add(FieldSplitter.Narrow(found, fields[i], others, question));
                found = FieldSplitter.Narrow(found, fields[i], part, question);
            }
        }

        return found;
    }

    // Fields that are constant are done with here: a set is null for them.
    private List<(IntervalSet?[] Sets, int Outcome)> Group(in FlowState state, List<int> candidates)
    {
        var open = new List<int>();
        for (var i = 0; i < fields.Length; i++)
        {
            if (state.View[fields[i]].Kind != FieldValueKind.Constant)
            {
                open.Add(i);
            }
        }

        var parts = new List<(IntervalSet?[] Sets, int Outcome)>();
        if (open.Count == 0)
        {
            foreach (var candidate in candidates)
            {
                parts.Add((new IntervalSet?[fields.Length], outcomes[candidate]));
                break;
            }

            return parts;
        }

        // Boxes that differ in the first open field only are one part.
        var groups = new Dictionary<string, (List<Interval> First, int Box)>();
        var order = new List<string>();
        foreach (var candidate in candidates)
        {
            var key = KeyOf(candidate, open);
            if (!groups.TryGetValue(key, out var group))
            {
                groups.Add(key, group = ([], candidate));
                order.Add(key);
            }

            group.First.Add(boxes[(candidate * fields.Length) + open[0]]);
        }

        foreach (var key in order)
        {
            var (first, box) = groups[key];
            var sets = new IntervalSet?[fields.Length];
            sets[open[0]] = IntervalSet.From(first);
            foreach (var i in open.Skip(1))
            {
                var interval = boxes[(box * fields.Length) + i];
                sets[i] = IntervalSet.Of(interval.First, interval.Last);
            }

            parts.Add((sets, outcomes[box]));
        }

        return parts;
    }

    private string KeyOf(int box, List<int> open)
    {
        if (open.Count == 1)
        {
            return outcomes[box].ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var text = new System.Text.StringBuilder().Append(outcomes[box]);
        for (var i = 1; i < open.Count; i++)
        {
            var interval = boxes[(box * fields.Length) + open[i]];
            text.Append(' ').Append(interval.First).Append('-').Append(interval.Last);
        }

        return text.ToString();
    }

    private List<int> Candidates(in FlowState state)
    {
        var result = new List<int>();
        var lead = -1;
        for (var i = 0; i < fields.Length && outcomes.Length > 16; i++)
        {
            if (state.View[fields[i]].Kind == FieldValueKind.Constant)
            {
                lead = i;
                break;
            }
        }

        if (lead < 0)
        {
            for (var box = 0; box < outcomes.Length; box++)
            {
                AddIfPossible(state, box, result);
            }

            return result;
        }

        var byNumber = _byNumber[lead] ?? IndexOf(lead);
        if (state.View.IsAsked(fields[lead]))
        {
            state.View.Ask(fields[lead], _ports[lead] ??= PortTable.Of(byNumber.Keys));
        }

        if (byNumber.TryGetValue(state.View[fields[lead]].Number, out var exact))
        {
            foreach (var box in exact)
            {
                AddIfPossible(state, box, result);
            }
        }

        foreach (var box in _wide[lead]!)
        {
            AddIfPossible(state, box, result);
        }

        return result;
    }

    private void AddIfPossible(in FlowState state, int box, List<int> result)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            var value = state.View[fields[i]];
            var interval = boxes[(box * fields.Length) + i];
            if (value.IsAsked)
            {
                state.View.Ask(fields[i], new IsAmongPorts(new PortStretch((ushort)interval.First, (ushort)interval.Last)));
            }

            if (value.Kind == FieldValueKind.Constant && (value.Number < interval.First || value.Number > interval.Last))
            {
                return;
            }
        }

        result.Add(box);
    }

    private Dictionary<UInt128, List<int>> IndexOf(int field)
    {
        var exact = new Dictionary<UInt128, List<int>>();
        var wide = new List<int>();
        for (var box = 0; box < outcomes.Length; box++)
        {
            var interval = boxes[(box * fields.Length) + field];
            if (interval.First != interval.Last)
            {
                wide.Add(box);
            }
            else if (exact.TryGetValue(interval.First, out var list))
            {
                list.Add(box);
            }
            else
            {
                exact.Add(interval.First, [box]);
            }
        }

        _wide[field] = wide;
        return _byNumber[field] = exact;
    }
}
