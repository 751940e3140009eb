using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The elements of a set as a key made of certain fields finds them.</summary>
internal sealed class KeyedElements
{
    private KeyedElements(IKeyIndex index, List<SetElementExtra?> outcomes)
    {
        Index = index;
        Outcomes = outcomes;
    }

    /// <summary>Finds elements.</summary>
    public IKeyIndex Index { get; }

    /// <summary>What the elements give, by the number the index tells.</summary>
    public IReadOnlyList<SetElementExtra?> Outcomes { get; }

    /// <summary>Of a key of one field: the field and the numbers that are in the set.</summary>
    public (PacketField Field, IntervalSet Keys)? Single { get; private init; }

    /// <summary>Makes the index.</summary>
    /// <returns><c>null</c> when the key has a form that cannot be turned into tests of fields.</returns>
    public static KeyedElements? TryMake(SetElements elements, BitValue key, JudgeContext context)
    {
        if (key.WhyUnknown is not null)
        {
            return null;
        }

        var isMap = (elements.Set.Flags & (SetFlags.Map | SetFlags.ObjectMap)) != 0;
        var outcomes = new OutcomeList(isMap);
        if (TestBuilder.SingleField(key) is { } field && elements.HasNumbers)
        {
            return TrySingle(elements, key, field, context, outcomes);
        }

        return KeyBoxes.TryMake(elements, key, context, outcomes) is { } index ? new(index, outcomes.List) : null;
    }

    private static KeyedElements? TrySingle(
        SetElements elements, BitValue key, PacketField field, JudgeContext context, OutcomeList outcomes)
    {
        var width = context.Width(field);
        var isWhole = key.Segments.Length == 1 && key.Segments[0].Width == width && key.Segments[0].Bits == 0;
        if (isWhole && !outcomes.IsMap && !PacketFields.IsDerived(field))
        {
            outcomes.Number(null);
            return new(new WholeIndex(field, elements.Keys), outcomes.List) { Single = (field, elements.Keys) };
        }

        var found = new List<(Interval Key, int Outcome)>();
        var bytes = new byte[(key.Width + 7) / 8];
        var constraints = new List<FieldConstraint>();
        var ranges = elements.Numbers;
        var extras = elements.Extras;
        for (var i = 0; i < ranges.Length; i++)
        {
            var range = ranges[i];
            var outcome = outcomes.Number(extras[i]);
            IntervalSet? numbers;
            if (isWhole)
            {
                numbers = IntervalSet.Of(range.First, range.Last);
            }
            else if (range.First == range.Last)
            {
                bytes.AsSpan().Clear();
                BitValue.PutBits(bytes, 0, range.First, bytes.Length * 8);
                constraints.Clear();
                numbers = FieldConstraint.TryFind(key, bytes, constraints)
                    ? FieldCondition.Bits(constraints[0].Mask, constraints[0].Value, width).Set
                    : IntervalSet.Empty;
            }
            else
            {
                numbers = SegmentRanges.Find(key, range.First, range.Last, width);
            }

            if (numbers is null)
            {
                return null;
            }

            if (PacketFields.IsDerived(field))
            {
                numbers = context.Interfaces.IndexesWhere(field, numbers.Contains);
            }

            foreach (var interval in numbers.Intervals)
            {
                found.Add((interval, outcome));
            }
        }

        var stored = PacketFields.IsDerived(field) ? PacketFields.BaseOf(field) : field;
        return new(new FieldIndex(stored, found, JudgeContext.MaximumParts), outcomes.List)
        {
            Single = outcomes.IsMap ? null : (stored, IntervalSet.From(found.Select(static element => element.Key))),
        };
    }
}

/// <summary>Numbers what elements give; elements that give the same have one number.</summary>
internal sealed class OutcomeList(bool isMap)
{
    private readonly Dictionary<string, int> _numbers = [];

    public bool IsMap { get; } = isMap;

    public List<SetElementExtra?> List { get; } = [];

    public int Number(SetElementExtra? extra)
    {
        var key = IsMap && extra is not null
            ? extra.Verdict is { } verdict ? $"{verdict.Kind} {verdict.Chain}" : extra.ObjectName ?? Convert.ToHexString(extra.Data.Span)
            : "";
        if (!_numbers.TryGetValue(key, out var number))
        {
            number = List.Count;
            _numbers.Add(key, number);
            List.Add(extra);
        }

        return number;
    }
}
