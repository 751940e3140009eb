using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A number of bytes (quota_mt), of which the kernel does not show how many are left.</summary>
/// <remarks>
/// xt_quota counts in memory of its own; a rule that is read back has the number that it began with. The rule's counter does not tell it
/// either: it misses the packet that used up the rest, and <c>iptables -Z</c> sets it to zero without the quota.
/// </remarks>
internal sealed class QuotaMeaning : XtMatchMeaning<QuotaMatch>
{
    protected override void Compile(QuotaMatch match, RuleBuilder rule)
    {
        if (match.Bytes >= OrdinaryClient.SmallestPacket(rule.Context))
        {
            rule.Doubt($"the kernel does not show how much of its quota of {LimitMeasure.Size(match.Bytes)} is used");
        }
        else if (!match.IsInverted)
        {
            rule.Add(BreakStep.Instance);
        }
    }
}
