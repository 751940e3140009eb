using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The length (length_mt, length_mt6).</summary>
internal sealed class LengthMeaning : XtMatchMeaning<LengthMatch>
{
    protected override void Compile(LengthMatch match, RuleBuilder rule)
    {
        // Of IPv6 too with its header.
        rule.Tests.Field(PacketField.TotalLength, FieldCondition.In(IntervalSet.Of(match.First, match.Last)), match.IsInverted);
    }
}
