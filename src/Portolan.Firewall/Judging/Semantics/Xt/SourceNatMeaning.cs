using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Translates the source (SNAT).</summary>
internal sealed class SourceNatMeaning : XtTargetMeaning<SourceNatTarget>
{
    protected override void Compile(SourceNatTarget target, RuleBuilder rule)
    {
        rule.Add(new NatStep(rule.Reference, rule.Context, XtTests.Target(rule, target.Range, isSource: true)));
    }
}
