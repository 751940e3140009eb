using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>It changes a set of ipset, which is judged as it was read.</summary>
internal sealed class SetTargetMeaning : XtTargetMeaning<SetTarget>
{
    protected override void Compile(SetTarget target, RuleBuilder rule)
    {
        // The packet goes on.
    }
}
