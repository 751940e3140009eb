using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Type and code (icmp_match, icmp6_match).</summary>
internal sealed class IcmpMeaning : XtMatchMeaning<IcmpMatch>
{
    protected override void Compile(IcmpMatch match, RuleBuilder rule)
    {
        const byte any = 255;
        if (rule.Context.Protocol != (match.IsIPv6 ? 58 : 1))
        {
            rule.Break();
            return;
        }

        rule.AnyOf(match.IsInverted, () =>
        {
            if (match.IsIPv6 || match.Type != any)
            {
                rule.Tests.Field(PacketField.IcmpType, FieldCondition.In(IntervalSet.Of(match.Type)), isInverted: false);
                rule.Tests.Field(
                    PacketField.IcmpCode, FieldCondition.In(IntervalSet.Of(match.FirstCode, match.LastCode)), isInverted: false);
            }
        });
    }
}
