using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A number of bytes (quota_mt). The kernel does not show how many are left: what the rule has is the quota that it began with.</summary>
internal sealed class QuotaMeaning : XtMatchMeaning<QuotaMatch>
{
    protected override void Compile(QuotaMatch match, RuleBuilder rule)
    {
        if (match.Bytes >= (rule.Context.IsIPv4 ? 20u : 40u))
        {
            rule.Add(new LimitTest(rule.Limit($"{LimitAmount.Size(match.Bytes)} in all, of which the kernel does not show how much is used"), match.IsInverted));
        }
        else if (!match.IsInverted)
        {
            rule.Add(BreakStep.Instance);
        }
    }
}
