using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Translates the destination (DNAT).</summary>
internal sealed class DestinationNatMeaning : XtTargetMeaning<DestinationNatTarget>
{
    protected override void Compile(DestinationNatTarget target, RuleBuilder rule)
    {
        rule.Add(new NatStep(rule.Reference, rule.Context, XtTests.Target(rule, target.Range, isSource: false)));
    }
}
