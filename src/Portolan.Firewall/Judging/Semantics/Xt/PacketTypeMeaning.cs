using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>To which host the frame went (pkttype_mt).</summary>
internal sealed class PacketTypeMeaning : XtMatchMeaning<PacketTypeMatch>
{
    protected override void Compile(PacketTypeMatch match, RuleBuilder rule)
    {
        rule.Tests.Field(PacketField.PacketType, FieldCondition.In(IntervalSet.Of((uint)match.Type)), match.IsInverted);
    }
}
