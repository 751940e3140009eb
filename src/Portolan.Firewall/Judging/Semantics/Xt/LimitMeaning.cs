using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A rate (limit_mt): allowed, rate-limited.</summary>
internal sealed class LimitMeaning : XtMatchMeaning<LimitMatch>
{
    protected override void Compile(LimitMatch match, RuleBuilder rule)
    {
        rule.Add(new LimitTest(rule.Reference, isOver: false));
    }
}
