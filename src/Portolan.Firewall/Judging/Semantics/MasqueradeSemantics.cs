using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Translation to the address of the output interface (nft_masq_eval).</summary>
internal sealed class MasqueradeSemantics : ExpressionMeaning<MasqueradeExpression>
{
    protected override void Compile(MasqueradeExpression expression, RuleBuilder rule) =>
        rule.Add(new MasqueradeStep(rule.Reference, rule.Context, expression.PortMin is not null));
}
