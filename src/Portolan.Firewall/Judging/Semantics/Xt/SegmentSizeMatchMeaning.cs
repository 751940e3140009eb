using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The MSS option (tcpmss_mt): inverted it matches segments without one too.</summary>
internal sealed class SegmentSizeMatchMeaning : XtMatchMeaning<SegmentSizeMatch>
{
    protected override void Compile(SegmentSizeMatch match, RuleBuilder rule) => rule.AnyOf(match.IsInverted, () =>
    {
        rule.Tests.Field(
            PacketField.TcpOptions, FieldCondition.Bits(TcpOptionBits.SegmentSize, TcpOptionBits.SegmentSize, 8), isInverted: false);
        rule.Tests.Field(PacketField.TcpSegmentSize, FieldCondition.In(IntervalSet.Of(match.First, match.Last)), isInverted: false);
    });
}
