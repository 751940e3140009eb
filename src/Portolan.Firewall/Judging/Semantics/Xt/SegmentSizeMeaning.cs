using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>It may lower the MSS, and the packet goes on.</summary>
internal sealed class SegmentSizeMeaning : XtTargetMeaning<SegmentSizeTarget>
{
    protected override void Compile(SegmentSizeTarget target, RuleBuilder rule) => SegmentOptions.MayChange(rule);
}
