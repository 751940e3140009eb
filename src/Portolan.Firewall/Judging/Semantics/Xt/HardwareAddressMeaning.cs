using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The sender of the frame (mac_mt).</summary>
internal sealed class HardwareAddressMeaning : XtMatchMeaning<HardwareAddressMatch>
{
    protected override void Compile(HardwareAddressMatch match, RuleBuilder rule)
    {
        rule.Tests.Field(PacketField.HasLinkHeader, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
        rule.Tests.Field(PacketField.EtherSource, FieldCondition.In(IntervalSet.Of(BitValue.Number(match.Address.Span))), match.IsInverted);
    }
}
