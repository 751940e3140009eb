using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A rate (limit_mt).</summary>
internal sealed class LimitMeaning : XtMatchMeaning<LimitMatch>
{
    protected override void Compile(LimitMatch match, RuleBuilder rule)
    {
        var (rate, seconds) = XtRates.Of(match.Interval, XtRates.LimitScale);
        rule.Add(new LimitTest(rule.Limit(LimitMeasure.Packets(rate, seconds, Math.Max(1, match.Burst))), isOver: false));
    }
}
