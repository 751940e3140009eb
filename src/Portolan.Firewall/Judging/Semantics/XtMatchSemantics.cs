using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Semantics.Xt;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A match of x_tables; one that is not known may match or not.</summary>
internal sealed class XtMatchSemantics : ExpressionMeaning<XtMatchExpression>
{
    private readonly Dictionary<Type, IXtMeaning<XtMatch>> _byKind = AllXtMeanings.Matches().ToDictionary(static meaning => meaning.Kind);

    protected override void Compile(XtMatchExpression expression, RuleBuilder rule)
    {
        if (expression.Match is { } match && _byKind.TryGetValue(match.GetType(), out var meaning))
        {
            meaning.Compile(match, rule);
        }
        else
        {
            rule.Doubt($"the match {expression.Name} is not evaluated");
        }
    }
}
