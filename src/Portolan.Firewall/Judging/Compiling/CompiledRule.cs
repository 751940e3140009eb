using System.Text;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>A rule made ready to run.</summary>
internal sealed class CompiledRule
{
    // A larger set is worth remembering how it split the packets (FieldTest does).
    private const int MaximumSimpleKeys = 64;

    private readonly FieldTest[] _guards;
    private readonly ulong _guardFields;
    private readonly Bounds[] _bounds;
    private readonly FieldTest[]? _simpleTests;

    /// <param name="reference">The rule.</param>
    /// <param name="steps">What it does, in order.</param>
    public CompiledRule(RuleReference reference, RuleStep[] steps)
    {
        Reference = reference;
        Steps = steps;
        var (guards, bounds) = (0, 0);
        foreach (var step in steps)
        {
            // A test that fails for sure may be made before those in front of it as long as none of them changes anything.
            if (!step.IsPure)
            {
                break;
            }

            if (step is FieldTest test && !PacketFields.IsSlot(test.Field))
            {
                _guardFields |= 1UL << (int)test.Field;
                _ = BoundsOf(test) is null ? guards++ : bounds++;
            }
        }

        _guards = guards == 0 ? [] : new FieldTest[guards];
        _bounds = bounds == 0 ? [] : new Bounds[bounds];
        (guards, bounds) = (0, 0);
        for (var i = 0; i < steps.Length && guards + bounds < _guards.Length + _bounds.Length; i++)
        {
            if (steps[i] is not FieldTest test || PacketFields.IsSlot(test.Field))
            {
                continue;
            }

            if (BoundsOf(test) is { } bound)
            {
                _bounds[bounds++] = bound;
            }
            else
            {
                _guards[guards++] = test;
            }
        }

        if (bounds > 1)
        {
            Array.Sort(_bounds, static (a, b) => (a.Last - a.First).CompareTo(b.Last - b.First));
        }

        (_simpleTests, SimpleDecision) = SimpleOf(steps);
    }

    private static Bounds? BoundsOf(FieldTest test) =>
        !test.IsInverted && test.Condition.Range is { } range && range.Last <= ulong.MaxValue
            ? new Bounds((byte)test.Field, (ulong)range.First, (ulong)range.Last, test.Condition)
            : null;

    public RuleReference Reference { get; }

    public RuleStep[] Steps { get; }

    /// <summary>What it decides when it is nothing but tests of fields and an accept or drop; else <c>null</c>.</summary>
    public Decision? SimpleDecision { get; }

    /// <summary>What the rules from here on came to the last time they were taken together.</summary>
    public BatchMemo? Batch { get; set; }

    /// <summary>Its test, when it is nothing but one test of a field against few numbers, and a decision; else <c>null</c>.</summary>
    public FieldTest? OnlyTest =>
        _simpleTests is [{ IsInverted: false, Condition.Set.Count: <= MaximumSimpleKeys } only] && !PacketFields.IsSlot(only.Field)
            ? only
            : null;

    /// <summary>The range of a port outside of which it matches no packet; <c>null</c> where it may match any port, or none.</summary>
    public PortStretch? PortsOf(PacketField field)
    {
        var (first, last, isTested) = (0UL, (ulong)ushort.MaxValue, false);
        foreach (var bound in _bounds)
        {
            if (bound.Field == (byte)field)
            {
                (first, last, isTested) = (Math.Max(first, bound.First), Math.Min(last, bound.Last), true);
            }
        }

        return isTested && first <= last ? new PortStretch((ushort)first, (ushort)last) : null;
    }

    /// <summary>The tests that make up that range.</summary>
    public IEnumerable<FieldCondition> TestsOfPorts(PacketField field)
    {
        foreach (var bound in _bounds)
        {
            if (bound.Field == (byte)field)
            {
                yield return bound.Condition;
            }
        }
    }

    /// <summary>
    /// What it tests besides the range of a port, and what it decides, as text that rules share when they do the same;
    /// <c>null</c> where it is more than plain tests and an accept or drop.
    /// </summary>
    /// <param name="field">The port.</param>
    public string? ShapeBut(PacketField field)
    {
        if (_simpleTests is null)
        {
            return null;
        }

        var range = TestsOfPorts(field).ToList();
        var text = new StringBuilder().Append(SimpleDecision!.Kind);
        foreach (var test in _simpleTests)
        {
            if (range.Contains(test.Condition))
            {
                continue;
            }

            if (PacketFields.IsSlot(test.Field) || test.Field == field || test.Condition.Set is not { Count: <= MaximumSimpleKeys } set)
            {
                return null;
            }

            text.Append(' ').Append(test.IsInverted ? "not " : "").Append(test.Field);
            foreach (var interval in set.Intervals)
            {
                text.Append(' ').Append(interval.First).Append('-').Append(interval.Last);
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// The one test that is still open for packets that look so, of a rule that is nothing but tests and a decision; else <c>null</c>.
    /// </summary>
    public FieldTest? SimpleTest(PacketView view)
    {
        if (_simpleTests is null)
        {
            return null;
        }

        FieldTest? open = null;
        foreach (var test in _simpleTests)
        {
            switch (view[test.Field].Kind)
            {
                // MayMatch does not look at every constant: one of more than 64 bits, an IPv6 address, may be all that there is.
                case FieldValueKind.Constant when test.CannotPass(view):
                    return null;
                case FieldValueKind.Constant:
                    continue;
                case FieldValueKind.Open when open is null && !test.IsInverted && test.Condition.Set is { Count: <= MaximumSimpleKeys }:
                    open = test;
                    break;
                default:
                    return null;
            }
        }

        return open;
    }

    private static (FieldTest[]? Tests, Decision? Decision) SimpleOf(RuleStep[] steps)
    {
        if (steps.Length < 2
            || steps[^1] is not DecisionStep { Decision: { Kind: VerdictKind.Accept or VerdictKind.Drop, Rejection: null } decision })
        {
            return (null, null);
        }

        var tests = new FieldTest[steps.Length - 1];
        for (var i = 0; i < tests.Length; i++)
        {
            if (steps[i] is not FieldTest test)
            {
                return (null, null);
            }

            tests[i] = test;
        }

        return (tests, decision);
    }

    /// <summary>Whether packets that look so may match; quick, and true when in doubt.</summary>
    public bool MayMatch(PacketView view)
    {
        var constants = view.Constants;
        if ((_guardFields & constants) == 0)
        {
            return true;
        }

        foreach (ref readonly var bound in _bounds.AsSpan())
        {
            if (((constants >> bound.Field) & 1) != 0)
            {
                var value = view.Small[bound.Field];
                view.Ask((PacketField)bound.Field, bound.Condition);
                if (value < bound.First || value > bound.Last)
                {
                    return false;
                }
            }
        }

        foreach (var guard in _guards)
        {
            if (guard.CannotPass(view))
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Bounds(byte Field, ulong First, ulong Last, FieldCondition Condition);
}
