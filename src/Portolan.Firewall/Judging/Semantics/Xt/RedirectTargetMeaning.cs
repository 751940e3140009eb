using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Translates the destination to this machine (REDIRECT).</summary>
internal sealed class RedirectTargetMeaning : XtTargetMeaning<RedirectTarget>
{
    protected override void Compile(RedirectTarget target, RuleBuilder rule)
    {
        rule.Add(new RedirectStep(
            rule.Reference, rule.Context, XtTests.Target(rule, target.Range with { Flags = target.Range.Flags & ~1u }, isSource: false)));
    }
}
