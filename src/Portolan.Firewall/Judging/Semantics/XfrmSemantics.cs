using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A fact of IPsec (nft_xfrm_get_eval).</summary>
internal sealed class XfrmSemantics : ExpressionMeaning<XfrmExpression>
{
    private const string Why = "it tests IPsec state, which is not modelled";

    protected override void Compile(XfrmExpression expression, RuleBuilder rule)
    {
        rule.Doubt(Why);
        rule.Store(expression.Destination, BitValue.Unknown(16, Why));
    }
}
