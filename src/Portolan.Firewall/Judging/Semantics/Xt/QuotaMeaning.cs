using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A number of bytes (quota_mt). How many are left is the kernel's secret, and decides.</summary>
internal sealed class QuotaMeaning : XtMatchMeaning<QuotaMatch>
{
    protected override void Compile(QuotaMatch match, RuleBuilder rule)
    {
        if (match.Bytes >= (rule.Context.IsIPv4 ? 20u : 40u))
        {
            rule.Doubt($"it depends on how much of its quota of {LimitAmount.Size(match.Bytes)} is used, which the kernel does not tell");
        }
        else if (!match.IsInverted)
        {
            rule.Add(BreakStep.Instance);
        }
    }
}
