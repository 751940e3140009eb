using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>It changes an option that no rule here reads.</summary>
internal sealed class SegmentSizeMeaning : XtTargetMeaning<SegmentSizeTarget>
{
    protected override void Compile(SegmentSizeTarget target, RuleBuilder rule)
    {
        // The packet goes on.
    }
}
