using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Translates the source to the address of the output interface (MASQUERADE).</summary>
internal sealed class MasqueradeMeaning : XtTargetMeaning<MasqueradeTarget>
{
    protected override void Compile(MasqueradeTarget target, RuleBuilder rule)
    {
        rule.Add(new MasqueradeStep(rule.Reference, rule.Context, target.Range.HasPorts));
    }
}
