using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Changes TTL or hop limit (ttl_tg, hl_tg6).</summary>
internal sealed class HopLimitTargetMeaning : XtTargetMeaning<HopLimitTarget>
{
    private const string Why = "it changes TTL or hop limit by an amount";

    protected override void Compile(HopLimitTarget target, RuleBuilder rule)
    {
        var isSet = target.Change == HopLimitChange.Set;
        rule.Add(new SetFieldStep(
            PacketField.HopLimit, isSet ? BitValue.Constant([target.Value]) : BitValue.Unknown(1, Why), rule.Context, false, Why));
        if (isSet ? target.Value < OrdinaryClient.MostRouters : target.Change == HopLimitChange.Decrease)
        {
            rule.Add(WrittenStep.OfHopLimit(rule));
        }
    }
}
