using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The port of a bridge (physdev_mt).</summary>
internal sealed class PhysicalDeviceMeaning : XtMatchMeaning<PhysicalDeviceMatch>
{
    protected override void Compile(PhysicalDeviceMatch match, RuleBuilder rule)
    {
        rule.Doubt("it depends on the port of a bridge that the packet arrived on");
    }
}
