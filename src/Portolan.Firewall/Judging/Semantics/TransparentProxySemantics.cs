using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Hands the packet to a local socket (nft_tproxy_eval); ends the rule when there is none.</summary>
internal sealed class TransparentProxySemantics : ExpressionMeaning<TransparentProxyExpression>
{
    protected override void Compile(TransparentProxyExpression expression, RuleBuilder rule) =>
        rule.MayDecide("it depends on whether a transparent proxy listens");
}
