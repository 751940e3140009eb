using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Several ports (multiport_mt).</summary>
internal sealed class MultiportMeaning : XtMatchMeaning<MultiportMatch>
{
    protected override void Compile(MultiportMatch match, RuleBuilder rule)
    {
        var ports = FieldCondition.In(IntervalSet.From(match.Ports.Select(static span => new Interval(span.First, span.Last))));
        switch (match.Field)
        {
            case MultiportField.Source:
                rule.Tests.Field(PacketField.SourcePort, ports, match.IsInverted);
                break;
            case MultiportField.Destination:
                rule.Tests.Field(PacketField.DestinationPort, ports, match.IsInverted);
                break;
            default:
                rule.AnyOf(
                    match.IsInverted,
                    () => rule.Tests.Field(PacketField.SourcePort, ports, isInverted: false),
                    () => rule.Tests.Field(PacketField.DestinationPort, ports, isInverted: false));
                break;
        }
    }
}
