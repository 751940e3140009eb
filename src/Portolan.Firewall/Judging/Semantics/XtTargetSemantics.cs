using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Semantics.Xt;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A target of x_tables; of the effect of an unknown one is unknown.</summary>
internal sealed class XtTargetSemantics : ExpressionMeaning<XtTargetExpression>
{
    private readonly Dictionary<Type, IXtMeaning<XtTarget>> _byKind = AllXtMeanings.Targets().ToDictionary(static meaning => meaning.Kind);

    protected override void Compile(XtTargetExpression expression, RuleBuilder rule)
    {
        if (expression.Target is { } target && _byKind.TryGetValue(target.GetType(), out var meaning))
        {
            meaning.Compile(target, rule);
        }
        else
        {
            rule.Add(new GiveUpStep(rule.Question($"the target {expression.Name} is not evaluated")));
        }
    }
}
