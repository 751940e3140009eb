using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A fact of the route (nft_rt_get_eval).</summary>
internal sealed class RoutingSemantics : ExpressionMeaning<RoutingExpression>
{
    private const string Why = "it tests a route property that is not modelled";

    protected override void Compile(RoutingExpression expression, RuleBuilder rule)
    {
        rule.Doubt(Why);
        rule.Store(expression.Destination, BitValue.Unknown(16, Why));
    }
}
