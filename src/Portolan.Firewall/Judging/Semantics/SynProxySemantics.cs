using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Answers the handshake itself (nft_synproxy_eval).</summary>
internal sealed class SynProxySemantics : ExpressionMeaning<SynProxyExpression>
{
    protected override void Compile(SynProxyExpression expression, RuleBuilder rule)
    {
        rule.Doubt("a SYN proxy answers before the service does");
    }
}
