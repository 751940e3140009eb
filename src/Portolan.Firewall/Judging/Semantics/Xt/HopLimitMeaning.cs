using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The hop limit (ttl_mt, hl_mt6).</summary>
internal sealed class HopLimitMeaning : XtMatchMeaning<HopLimitMatch>
{
    protected override void Compile(HopLimitMatch match, RuleBuilder rule)
    {
        var value = (uint)match.Value;
        var set = match.Comparison switch
        {
            HopLimitComparison.Less => value == 0 ? IntervalSet.Empty : IntervalSet.Of(0, value - 1),
            HopLimitComparison.Greater => IntervalSet.Of(value + 1, 256),
            _ => IntervalSet.Of(value),
        };
        rule.Tests.Field(PacketField.HopLimit, FieldCondition.In(set), match.Comparison == HopLimitComparison.NotEqual);
    }
}
