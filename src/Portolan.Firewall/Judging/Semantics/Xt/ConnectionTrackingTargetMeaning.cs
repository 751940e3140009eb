using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Takes the packet out of tracking, or says how it is tracked (xt_CT).</summary>
internal sealed class ConnectionTrackingTargetMeaning : XtTargetMeaning<ConnectionTrackingTarget>
{
    protected override void Compile(ConnectionTrackingTarget target, RuleBuilder rule)
    {
        if (target.IsNotTracked)
        {
            rule.Add(new NoTrackStep());
        }
    }
}
