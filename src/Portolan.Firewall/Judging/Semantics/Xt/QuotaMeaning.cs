using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A number of bytes (quota_mt). The kernel does not show how many are left: xt_quota counts in memory of its own, and rules that are read back have what they began with.</summary>
/// <remarks>Counters of the rule do not tell it either: they miss the packet that used the rest up, and are set to zero without the quota.</remarks>
internal sealed class QuotaMeaning : XtMatchMeaning<QuotaMatch>
{
    protected override void Compile(QuotaMatch match, RuleBuilder rule)
    {
        if (match.Bytes >= (rule.Context.IsIPv4 ? 20u : 40u))
        {
            rule.Doubt($"the kernel does not show how much of its quota of {LimitAmount.Size(match.Bytes)} is used");
        }
        else if (!match.IsInverted)
        {
            rule.Add(BreakStep.Instance);
        }
    }
}
