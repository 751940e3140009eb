using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A look into a set or map (nft_lookup_eval).</summary>
internal sealed class LookupSemantics : ExpressionMeaning<LookupExpression>
{
    private const string TooFine = "the elements of its set split the packets too finely";

    protected override void Compile(LookupExpression expression, RuleBuilder rule)
    {
        if (rule.WholeSet(expression.SetName) is not { } set)
        {
            LookUpUnread(expression, rule);
            return;
        }

        var elements = rule.Elements(set);
        var key = rule.Read(expression.Source, set.KeyLength);
        var keyed = rule.Keyed(set, key);
        var why = key.WhyUnknown ?? "its key and set elements have a form that is not evaluated";
        if (!expression.Inverted)
        {
            // An element that is found runs what it carries (nft_set_elem_update_expr).
            foreach (var inner in set.Expressions)
            {
                rule.CompileInner(inner);
            }

            if (set.Expressions.Count == 0
                && set.Elements.Any(
                    static e => e.Extra?.Expressions.Any(static x => x is not (CounterExpression or LastExpression)) == true))
            {
                rule.Doubt("some elements of its set have their own condition");
            }
        }

        if (expression.Destination is { } destination)
        {
            LookUpValue(expression, rule, elements, keyed, destination, why);
        }
        else if (elements.HasCatchAll)
        {
            if (expression.Inverted)
            {
                rule.Break();
            }
        }
        else if (keyed is null)
        {
            rule.Doubt(why);
        }
        else if (keyed.Single is { } single)
        {
            rule.TestMember(
                set, key, new FieldTest(single.Field, FieldCondition.In(single.Keys), expression.Inverted, rule.Reference, TooFine),
                expression.Inverted);
        }
        else
        {
            rule.TestMember(set, key, new SetTest(keyed.Index, expression.Inverted, rule.Question(TooFine)), expression.Inverted);
        }
    }

    // An element that was not read may give any value and any verdict; ends of intervals that were not read move those that were.
    private static void LookUpUnread(LookupExpression expression, RuleBuilder rule)
    {
        const string unread = "its set could not be read";
        switch (expression.Destination)
        {
            case { IsVerdict: true }:
                rule.MayDecide(unread);
                break;
            case null:
                rule.Doubt(unread);
                break;
            default:
                rule.Doubt(unread);
                rule.Forget(unread);
                break;
        }
    }

    private static void LookUpValue(
        LookupExpression expression, RuleBuilder rule, SetElements elements, KeyedElements? keyed, Register destination, string why)
    {
        var set = elements.Set;
        PacketField[] slots = [];
        if (!destination.IsVerdict)
        {
            if (rule.TakeSlots(set.DataLength) is not { } taken)
            {
                rule.Doubt("it looks up more values than are followed");
                rule.Store(destination, BitValue.Unknown(set.DataLength, "it looks up more values than are followed"));
                return;
            }

            slots = taken;
        }

        var outcomes = keyed is not null && destination.IsVerdict
            ? rule.VerdictsOf(keyed, () => OutcomesOf(set, keyed, 0, rule))
            : OutcomesOf(set, keyed, slots.Length, rule);
        var catchAll = elements.HasCatchAll ? OutcomeOf(elements.CatchAll, slots.Length, rule) : null;
        IKeyIndex index = keyed is null ? new UnknownIndex() : keyed.Index;
        rule.Add(new MapStep(index, outcomes, catchAll, slots, rule.Question(keyed is null ? why : TooFine)));
        if (slots.Length > 0)
        {
            rule.Store(destination, SlotValue(slots, set.DataLength));
        }
    }

    private static MapOutcome[] OutcomesOf(ElementSet set, KeyedElements? keyed, int slots, RuleBuilder rule) =>
        [.. (keyed?.Outcomes ?? [.. set.Elements.Select(static element => element.Extra)]).Select(extra => OutcomeOf(extra, slots, rule))];

    private static MapOutcome OutcomeOf(SetElementExtra? extra, int slots, RuleBuilder rule)
    {
        if (slots == 0)
        {
            // An element without a verdict, or with "continue", goes on with the rule.
            return extra?.Verdict is { Kind: not VerdictKind.Continue } verdict ? new([], rule.DecisionOf(verdict)) : new([], null);
        }

        var data = new UInt128[slots];
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < slots && extra is not null; i++)
        {
            bytes.Clear();
            var from = Math.Min(i * 16, extra.Data.Length);
            extra.Data.Span[from..Math.Min(from + 16, extra.Data.Length)].CopyTo(bytes);
            data[i] = BitValue.Number(bytes);
        }

        return new(data, null);
    }

    private static BitValue SlotValue(PacketField[] slots, int length)
    {
        var segments = new BitSegment[slots.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            var width = Math.Min(16, length - (i * 16)) * 8;
            segments[i] = BitSegment.Of(slots[i], 128 - width, width);
        }

        return new(segments);
    }
}
