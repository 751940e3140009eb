using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A copy goes elsewhere; the packet itself goes on (nft_dup_ipv4_eval).</summary>
internal sealed class DuplicateSemantics : ExpressionMeaning<DuplicateExpression>
{
    protected override void Compile(DuplicateExpression expression, RuleBuilder rule)
    {
    }
}
