using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Answers the handshake itself, and steals or drops its packets (nft_synproxy_eval); of another protocol the rule ends.</summary>
internal sealed class SynProxySemantics : ExpressionMeaning<SynProxyExpression>
{
    private const byte Tcp = 6;

    protected override void Compile(SynProxyExpression expression, RuleBuilder rule)
    {
        if (rule.Context.Protocol == Tcp)
        {
            rule.MayDecide("a SYN proxy answers before the service does");
        }
        else
        {
            rule.Break();
        }
    }
}
