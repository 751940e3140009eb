using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Runs a named object (nft_objref_eval): counters and connection objects only act, limits and quotas test.</summary>
internal sealed class ObjectReferenceSemantics : ExpressionMeaning<ObjectReferenceExpression>
{
    protected override void Compile(ObjectReferenceExpression expression, RuleBuilder rule)
    {
        if (expression.SetName is { } map)
        {
            LookUp(expression, map, rule);
            return;
        }

        var found = rule.Chain.Table.Objects.FirstOrDefault(o => o.Name == expression.Name && o.Kind == expression.Kind);
        Run(found, expression.Kind, rule);
    }

    private static void Run(StatefulObject? found, ObjectKind kind, RuleBuilder rule)
    {
        switch (kind)
        {
            case ObjectKind.Counter or ObjectKind.ConnectionHelper or ObjectKind.ConnectionTimeout or ObjectKind.ConnectionExpectation
                or ObjectKind.SecurityMark or ObjectKind.Tunnel:
                return;
            default:
                if (found?.Expression is { } expression)
                {
                    rule.CompileInner(expression);
                }
                else
                {
                    DoubtObject(kind, "the object it runs could not be read", rule);
                }

                return;
        }
    }

    // A SYN proxy steals packets, and of a kind that is not known nobody knows; limits and the like only match or not.
    private static void DoubtObject(ObjectKind kind, string why, RuleBuilder rule)
    {
        if (kind is ObjectKind.Limit or ObjectKind.Quota or ObjectKind.ConnectionLimit)
        {
            rule.Doubt(why);
        }
        else
        {
            rule.MayDecide(why);
        }
    }

    // A packet whose key is not in the map ends the rule (nft_objref_map_eval).
    private static void LookUp(ObjectReferenceExpression expression, string name, RuleBuilder rule)
    {
        if (rule.WholeSet(name) is not { } set || expression.Key is not { } register)
        {
            rule.MayDecide("its map could not be read");
            return;
        }

        if (!rule.Elements(set).HasCatchAll)
        {
            var key = rule.Read(register, set.KeyLength);
            if (rule.Keyed(set, key) is { } keyed)
            {
                rule.Add(new SetTest(
                    keyed.Index, isInverted: false, rule.Question("the elements of its map split the packets too finely")));
            }
            else
            {
                rule.Doubt(key.WhyUnknown ?? "its map has a form that is not evaluated");
            }
        }

        switch (set.ObjectKind)
        {
            case ObjectKind.Limit:
                // Whichever limit it is: kept, or exceeded.
                var over = rule.Chain.Table.Objects.Where(static o => o.Kind == ObjectKind.Limit)
                    .Select(static o => o.Expression is LimitExpression { IsOver: true }).Distinct().ToArray();
                rule.Add(new LimitTest(rule.Limit(LimitMeasure.Unknown("the rate selected by its map")), over is [true]));
                if (over.Length > 1)
                {
                    rule.Doubt("some limits of its map match above the limit, some below");
                }

                break;
            case ObjectKind.Counter or ObjectKind.ConnectionHelper or ObjectKind.ConnectionTimeout or ObjectKind.ConnectionExpectation
                or ObjectKind.SecurityMark or ObjectKind.Tunnel:
                break;
            default:
                DoubtObject(set.ObjectKind, "it depends on the object selected by its map", rule);
                break;
        }
    }
}
