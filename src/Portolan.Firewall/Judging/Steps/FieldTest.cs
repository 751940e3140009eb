using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes the packets whose field holds a condition, or does not.</summary>
/// <param name="tested">The field; not a derived one.</param>
/// <param name="condition">What to hold.</param>
/// <param name="isInverted">Whether the others pass.</param>
/// <param name="rule">The rule, to be named where a question stays open.</param>
/// <param name="whyTooFine">Said when the field is open and the condition too fine to split it.</param>
internal sealed class FieldTest(PacketField tested, FieldCondition condition, bool isInverted, RuleReference rule, string whyTooFine)
    : RuleStep
{
    // Of fewer intervals a set is as quickly taken apart again.
    private const int Many = 64;
    private const int Few = 16;

    private OpenQuestion? _tooFine;
    private Split? _last;
    private Split? _before;
    private OpenQuestion? _choice;

    // Hardly any rule asks it, and there may be very many rules.
    private OpenQuestion TooFine => _tooFine ??= new OpenQuestion(rule, whyTooFine);

    public PacketField Field => tested;

    public FieldCondition Condition => condition;

    public bool IsInverted => isInverted;

    public override bool IsPure => true;

    /// <summary>Whether packets that look so cannot pass.</summary>
    public bool CannotPass(PacketView view)
    {
        ref readonly var value = ref view[tested];
        view.Ask(tested, condition);
        return value.Kind == FieldValueKind.Constant && condition.Holds(value.Number) == isInverted;
    }

    public override void Run(in FlowState state, StepSink sink)
    {
        var value = state.View[tested];
        if (value.Kind == FieldValueKind.Constant)
        {
            state.View.Ask(tested, condition);
            if (condition.Holds(value.Number) != isInverted)
            {
                sink.Pass(state);
            }
            else
            {
                sink.Miss(state);
            }

            return;
        }

        var domain = value.Kind == FieldValueKind.Open ? state.Cube[value.Dimension] : value.Domain!;
        var set = condition.Set ?? (value.Kind == FieldValueKind.Choice ? OneByOne(domain) : null);
        if (set is null)
        {
            sink.Fork(state, TooFine);
            return;
        }

        var split = SplitOf(domain, set);
        var (passing, missing) = isInverted ? (split.Outside, split.Inside) : (split.Inside, split.Outside);
        if (missing.IsEmpty)
        {
            sink.Pass(state);
        }
        else if (passing.IsEmpty)
        {
            sink.Miss(state);
        }
        else if (value.Kind == FieldValueKind.Open)
        {
            sink.Pass(state with { Cube = state.Cube.With(value.Dimension, passing) });
            sink.Miss(state with { Cube = state.Cube.With(value.Dimension, missing) });
        }
        else
        {
            _choice = _choice is { } known && ReferenceEquals(known.Why, value.Why)
                ? known
                : TooFine with { Why = value.Why!, Topic = value.Possible!.Topic };
            var asked = state.Ask(_choice);
            sink.Pass(asked with { View = state.View.With(tested, value.Among(passing)) });
            sink.Miss(asked with { View = state.View.With(tested, value.Among(missing)) });
        }
    }

    // A few numbers are tried each; null for too many.
    private IntervalSet? OneByOne(IntervalSet domain)
    {
        var holding = new List<Interval>();
        var tries = 0;
        foreach (var interval in domain.Intervals)
        {
            if (interval.Last - interval.First >= Few)
            {
                return null;
            }

            for (var number = interval.First; number <= interval.Last; number++)
            {
                if (++tries > Few)
                {
                    return null;
                }

                if (condition.Holds(number))
                {
                    holding.Add(new Interval(number, number));
                }
            }
        }

        return IntervalSet.From(holding);
    }

    // The same rule meets the same sources for one port after the other; between them it meets the few that later packets come from.
    private Split SplitOf(IntervalSet domain, IntervalSet set)
    {
        if (_last is { } last && last.IsOf(domain))
        {
            return last;
        }

        if (_before is { } before && before.IsOf(domain))
        {
            (_last, _before) = (before, _last);
            return before;
        }

        if (_last is { IsLarge: true })
        {
            _before = _last;
        }

        var inside = domain.Intersect(set);
        var outside = inside.IsEmpty ? domain : ReferenceEquals(inside, domain) ? IntervalSet.Empty : domain.Except(set);
        return _last = new Split(domain, inside, outside);
    }

    private sealed record Split(IntervalSet Domain, IntervalSet Inside, IntervalSet Outside)
    {
        public bool IsLarge => Inside.Count + Outside.Count > Many;

        public bool IsOf(IntervalSet domain) => ReferenceEquals(Domain, domain) || Domain.Equals(domain);
    }
}
