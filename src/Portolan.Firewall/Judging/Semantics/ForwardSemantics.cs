using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Sends the packet out elsewhere (nft_fwd_netdev_eval): it does not come here.</summary>
internal sealed class ForwardSemantics : ExpressionMeaning<ForwardExpression>
{
    protected override void Compile(ForwardExpression expression, RuleBuilder rule) => rule.Decide(Decision.Drop);
}
