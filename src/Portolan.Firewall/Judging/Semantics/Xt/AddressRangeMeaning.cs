using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Ranges of addresses (iprange_mt4).</summary>
internal sealed class AddressRangeMeaning : XtMatchMeaning<AddressRangeMatch>
{
    protected override void Compile(AddressRangeMatch match, RuleBuilder rule)
    {
        void Test(PacketField field, AddressSpan? span)
        {
            if (span is { } known)
            {
                var mask = BitSegment.Ones(rule.Context.Width(field));
                rule.Tests.Field(
                    field, FieldCondition.In(IntervalSet.Of(known.First.Number & mask, known.Last.Number & mask)), known.IsInverted);
            }
        }

        Test(PacketField.SourceAddress, match.Source);
        Test(PacketField.DestinationAddress, match.Destination);
    }
}
