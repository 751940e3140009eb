using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>It only reports.</summary>
internal sealed class NetlinkLogMeaning : XtTargetMeaning<NetlinkLogTarget>
{
    protected override void Compile(NetlinkLogTarget target, RuleBuilder rule)
    {
        // The packet goes on.
    }
}
