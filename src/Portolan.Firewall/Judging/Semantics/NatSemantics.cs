using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Translation to given addresses and ports (nft_nat_eval).</summary>
internal sealed class NatSemantics : ExpressionMeaning<NatExpression>
{
    private const uint MapsNetworks = 0x40;
    private const uint Random = 0x04 | 0x10;

    protected override void Compile(NatExpression expression, RuleBuilder rule)
    {
        // In a table of both families the other one passes by (nft_nat_inet_eval).
        var family = rule.Context.IsIPv4 ? RuleFamily.Ip : RuleFamily.Ip6;
        if (rule.Chain.Table.Family == RuleFamily.Inet && expression.Family is not (RuleFamily.Inet or RuleFamily.Unspecified)
            && expression.Family != family)
        {
            return;
        }

        var bytes = rule.Context.IsIPv4 ? 4 : 16;
        BitValue? Address(Register? register) => register is not { } known ? null
            : (expression.Flags & MapsNetworks) != 0 ? BitValue.Unknown(bytes, "it maps one network to another") : rule.Read(known, bytes);
        BitValue? Port(Register? register) => register is { } known ? rule.Read(known, 2) : null;
        rule.Add(new NatStep(rule.Reference, rule.Context, new NatTarget(expression.IsSource)
        {
            AddressMin = Address(expression.AddressMin),
            AddressMax = Address(expression.AddressMax ?? expression.AddressMin),
            PortMin = Port(expression.PortMin),
            PortMax = Port(expression.PortMax ?? expression.PortMin),
            IsRandom = (expression.Flags & Random) != 0,
        }));
    }
}
