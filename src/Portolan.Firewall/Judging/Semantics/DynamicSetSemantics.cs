using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
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

        if ((set.IsPartial || (set.Size is { } size && (uint)set.Elements.Count >= size)) && expression.Operation != DynamicSetOperation.Delete)
        {
            rule.Doubt("its set is full or could not be read, so that it hangs on whether the element is there");
        }

        rule.Add(new AddToSetStep(set, rule.Read(expression.Key, set.KeyLength), expression.Operation == DynamicSetOperation.Delete));
        foreach (var inner in expression.Expressions.Count > 0 ? expression.Expressions : set.Expressions)
        {
            rule.CompileInner(inner);
        }

        if (expression.Inverted)
        {
            rule.Break();
        }
    }
}
