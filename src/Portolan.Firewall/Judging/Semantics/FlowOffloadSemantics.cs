using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>
/// Later packets of the connection bypass the rules (nft_flow_offload_eval); this one goes on, or ends the rule when there is nothing to
/// offload.
/// </summary>
internal sealed class FlowOffloadSemantics : ExpressionMeaning<FlowOffloadExpression>
{
    protected override void Compile(FlowOffloadExpression expression, RuleBuilder rule) =>
        rule.Doubt("it depends on whether the connection can be offloaded");
}
