using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>Turns a comparison of a register into a test of fields.</summary>
internal sealed class TestBuilder(RuleBuilder rule)
{
    private readonly List<FieldConstraint> _constraints = [];

    private const string TooFine = "it compares bits that split the packets too finely";

    /// <summary>Passes packets whose value equals the bytes, or does not.</summary>
    public void Equal(BitValue value, ReadOnlySpan<byte> bytes, bool isInverted)
    {
        var constraints = _constraints;
        constraints.Clear();
        if (!FieldConstraint.TryFind(value, bytes, constraints))
        {
            Always(isInverted);
            return;
        }

        var why = value.WhyUnknown;
        if (constraints.Count == 0 && why is null)
        {
            Always(!isInverted);
            return;
        }

        // Where the known bits differ, the unknown ones do not matter.
        if (why is not null)
        {
            if (isInverted || constraints.Count == 0)
            {
                rule.Doubt(why);
                return;
            }

            foreach (var constraint in constraints)
            {
                Constrain(constraint, isInverted: false);
            }

            rule.Doubt(why);
            return;
        }

        if (!isInverted || constraints.Count == 1)
        {
            foreach (var constraint in constraints)
            {
                Constrain(constraint, isInverted);
            }

            return;
        }

        // Not equal in several fields: outside of one box.
        if (BoxOf(constraints) is { } box)
        {
            rule.Add(new SetTest(box, isInverted, rule.Question(TooFine)));
        }
        else
        {
            Concrete(value, bytes.ToArray(), static (found, wanted) => !found.SequenceEqual(wanted));
        }
    }

    /// <summary>Passes packets whose value lies in a range, or outside.</summary>
    public void Range(BitValue value, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool isInverted)
    {
        if (value.Width <= 128 && value.WhyUnknown is null)
        {
            if (SingleField(value) is { } field)
            {
                var set = SegmentRanges.Find(value, BitValue.Number(from), BitValue.Number(to), rule.Context.Width(field));
                if (set is not null)
                {
                    Field(field, FieldCondition.In(set), isInverted);
                    return;
                }
            }
        }
        else if (value.WhyUnknown is { } why)
        {
            rule.Doubt(why);
            return;
        }

        var (first, last) = (from.ToArray(), to.ToArray());
        Concrete(value, first, (found, wanted) =>
            (found.SequenceCompareTo(wanted) >= 0 && found.SequenceCompareTo(last) <= 0) != isInverted);
    }

    /// <summary>Passes packets as a comparison says.</summary>
    public void Compare(BitValue value, CompareOperation operation, ReadOnlySpan<byte> bytes)
    {
        Span<byte> lowest = stackalloc byte[bytes.Length];
        Span<byte> highest = stackalloc byte[bytes.Length];
        lowest.Clear();
        highest.Fill(byte.MaxValue);
        switch (operation)
        {
            case CompareOperation.Equal:
                Equal(value, bytes, isInverted: false);
                break;
            case CompareOperation.NotEqual:
                Equal(value, bytes, isInverted: true);
                break;
            case CompareOperation.Less:
                Range(value, bytes, highest, isInverted: true);
                break;
            case CompareOperation.LessOrEqual:
                Range(value, lowest, bytes, isInverted: false);
                break;
            case CompareOperation.Greater:
                Range(value, lowest, bytes, isInverted: true);
                break;
            case CompareOperation.GreaterOrEqual:
                Range(value, bytes, highest, isInverted: false);
                break;
            default:
                rule.Doubt("its comparison is not supported");
                break;
        }
    }

    /// <summary>Passes packets whose field holds a condition, or does not.</summary>
    public void Field(PacketField field, FieldCondition condition, bool isInverted)
    {
        if (PacketFields.IsDerived(field))
        {
            condition = FieldCondition.In(rule.Context.Interfaces.IndexesWhere(field, condition.Holds));
            field = PacketFields.BaseOf(field);
        }

        rule.Add(new FieldTest(field, condition, isInverted, rule.Reference, TooFine));
    }

    /// <summary>Breaks where the packet does not have the field: a type, group or kind without an interface.</summary>
    public void Present(PacketField derived)
    {
        var condition = FieldCondition.In(rule.Context.Interfaces.IndexesWith(derived));
        rule.Add(new FieldTest(PacketFields.BaseOf(derived), condition, isInverted: false, rule.Reference, TooFine));
    }

    /// <summary>A test that can only be made when every field is a constant by then.</summary>
    private void Concrete(BitValue value, byte[] bytes, BytesPredicate holds) =>
        rule.Add(new ConcreteTest(value, rule.Context, bytes, holds, rule.Question(TooFine)));

    private void Always(bool passes)
    {
        if (!passes)
        {
            rule.Break();
        }
    }

    private void Constrain(FieldConstraint constraint, bool isInverted) =>
        Field(constraint.Field, FieldCondition.Bits(constraint.Mask, constraint.Value, rule.Context.Width(constraint.Field)), isInverted);

    private BoxIndex? BoxOf(List<FieldConstraint> constraints)
    {
        var fields = new PacketField[constraints.Count];
        var box = new Interval[constraints.Count];
        for (var i = 0; i < fields.Length; i++)
        {
            var constraint = constraints[i];
            var condition = FieldCondition.Bits(constraint.Mask, constraint.Value, rule.Context.Width(constraint.Field));
            fields[i] = constraint.Field;
            var set = condition.Set;
            if (PacketFields.IsDerived(constraint.Field))
            {
                fields[i] = PacketFields.BaseOf(constraint.Field);
                set = rule.Context.Interfaces.IndexesWhere(constraint.Field, condition.Holds);
            }

            if (set is not { Count: 1 })
            {
                return null;
            }

            box[i] = set.Intervals[0];
        }

        return new BoxIndex(fields, box, [0], JudgeContext.MaximumParts);
    }

    /// <summary>The one field a value is made of, besides constants; <c>null</c> for several or none.</summary>
    internal static PacketField? SingleField(BitValue value)
    {
        PacketField? field = null;
        foreach (var segment in value.Segments)
        {
            if (segment.Kind == SegmentKind.Unknown || (segment.Kind == SegmentKind.Field && field is not null && field != segment.Field))
            {
                return null;
            }

            if (segment.Kind == SegmentKind.Field)
            {
                field = segment.Field;
            }
        }

        return field;
    }
}
