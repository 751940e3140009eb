using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Assigns the packet to a transparent socket (nft_tproxy_eval); ends the rule when there is none.</summary>
internal sealed class TransparentProxySemantics : ExpressionMeaning<TransparentProxyExpression>
{
    protected override void Compile(TransparentProxyExpression expression, RuleBuilder rule)
    {
        var (isIPv4, family) = (rule.Context.IsIPv4, expression.Family);
        if (rule.Context.Protocol is not (6 or 17) || family == (isIPv4 ? RuleFamily.Ip6 : RuleFamily.Ip))
        {
            rule.Break();
            return;
        }

        rule.Add(new TransparentProxyStep(
            rule.Reference, rule.Context,
            expression.Address is { } address ? rule.Read(address, isIPv4 ? 4 : 16) : null,
            expression.Port is { } port ? rule.Read(port, 2) : null));
    }
}
