using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Ports, flags and options of TCP (tcp_mt).</summary>
internal sealed class TcpMeaning : XtMatchMeaning<TcpMatch>
{
    protected override void Compile(TcpMatch match, RuleBuilder rule)
    {
        XtTests.Port(rule, PacketField.SourcePort, match.Source);
        XtTests.Port(rule, PacketField.DestinationPort, match.Destination);
        if (match.FlagMask != 0 || match.FlagValue != 0 || match.FlagsInverted)
        {
            var condition = (match.FlagValue & ~match.FlagMask) != 0
                ? FieldCondition.In(IntervalSet.Empty)
                : FieldCondition.Bits(match.FlagMask, match.FlagValue, 8);
            rule.Tests.Field(PacketField.TcpFlags, condition, match.FlagsInverted);
        }

        if (match.Option != 0 && TcpOptionBits.BitOf(match.Option) is >= 0 and var bit)
        {
            rule.Tests.Field(PacketField.TcpOptions, FieldCondition.Bits(UInt128.One << bit, UInt128.One << bit, 8), match.OptionInverted);
        }
        else if (match.Option != 0)
        {
            rule.Doubt("it tests transport header options, which the sender chooses");
        }
    }
}
