using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Translation to this machine (nft_redir_eval).</summary>
internal sealed class RedirectSemantics : ExpressionMeaning<RedirectExpression>
{
    protected override void Compile(RedirectExpression expression, RuleBuilder rule)
    {
        BitValue? Port(Register? register) => register is { } known ? rule.Read(known, 2) : null;
        rule.Add(new RedirectStep(rule.Reference, rule.Context, new NatTarget(false)
        {
            PortMin = Port(expression.PortMin),
            PortMax = Port(expression.PortMax ?? expression.PortMin),
        }));
    }
}
