using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Adds to a set from the packet (nft_dynset_eval): matches unless the set is full; an element may carry a limit.</summary>
internal sealed class DynamicSetSemantics : ExpressionMeaning<DynamicSetExpression>
{
    protected override void Compile(DynamicSetExpression expression, RuleBuilder rule)
    {
        if (rule.Set(expression.SetName) is not { } set)
        {
            rule.Doubt("its set could not be read");
            return;
        }

        var key = rule.Read(expression.Key, set.KeyLength);
        if (expression.Operation != DynamicSetOperation.Delete)
        {
            TakeIn(set, key, rule);
        }

        rule.Add(new AddToSetStep(set, key, expression.Operation == DynamicSetOperation.Delete));
        rule.Scope = ScopeOf(key, rule);
        foreach (var inner in expression.Expressions.Count > 0 ? expression.Expressions : set.Expressions)
        {
            rule.CompileInner(inner);
        }

        rule.Scope = LimitScope.All;
        if (expression.Inverted)
        {
            rule.Break();
        }
    }

    // A full set takes no new element in, and the rule ends; elements that are there stay.
    private static void TakeIn(ElementSet set, BitValue key, RuleBuilder rule)
    {
        if (set.IsPartial)
        {
            rule.Doubt("its set could not be read, so the verdict depends on whether the set is full");
        }
        else if (set.Size is { } size && (uint)set.Elements.Count >= size)
        {
            if (rule.Keyed(set, key) is { } keyed)
            {
                rule.Add(new SetTest(
                    keyed.Index, isInverted: false, rule.Question("its set is full, and its elements split the packets too finely")));
            }
            else
            {
                rule.Doubt("its set is full, so the verdict depends on whether the element is in it");
            }
        }
    }

    private static LimitScope ScopeOf(BitValue key, RuleBuilder rule)
    {
        var bits = 0;
        var isOther = false;
        foreach (var segment in key.Segments)
        {
            if (segment is { Kind: SegmentKind.Field, Field: PacketField.SourceAddress }
                && segment.Low + segment.Width == rule.Context.Width(PacketField.SourceAddress))
            {
                bits = segment.Width;
            }
            else if (segment is { Kind: SegmentKind.Field, Field: not PacketField.DestinationPort } or { Kind: SegmentKind.Unknown })
            {
                isOther = true;
            }
        }

        return isOther ? LimitScope.Other("for each key of its set") : LimitScope.Senders(bits, rule.Context.IsIPv4);
    }
}
