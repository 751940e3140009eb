using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Facts about the packet (nft_meta_get_eval).</summary>
internal sealed class MetaSemantics : ExpressionMeaning<MetaExpression>
{
    protected override void Compile(MetaExpression expression, RuleBuilder rule) =>
        rule.Store(expression.Destination, Load(expression.Key, rule));

    private static BitValue Load(MetaKey key, RuleBuilder rule)
    {
        switch (key)
        {
            case MetaKey.Length:
                return new(
                    BitSegment.Of(PacketField.TotalLength, 0, 8), BitSegment.Of(PacketField.TotalLength, 8, 8), BitSegment.Constant(0, 16));
            case MetaKey.Protocol:
                return new(BitSegment.Constant(rule.Context.IsIPv4 ? 0x0800u : 0x86ddu, 16));
            case MetaKey.NetfilterProtocol:
                return new(BitSegment.Constant(FamilySeen(rule), 8));
            case MetaKey.TransportProtocol:
                return new(BitSegment.Constant(rule.Context.Protocol, 8));
            case MetaKey.Mark:
                return BitValue.HostOrder(PacketField.Mark, 32);
            case MetaKey.Priority:
                return BitValue.HostOrder(PacketField.Priority, 32);
            case MetaKey.PacketType:
                return BitValue.Whole(PacketField.PacketType, 8);
            case MetaKey.InputInterface:
                return BitValue.HostOrder(PacketField.InputInterface, 32);
            case MetaKey.OutputInterface:
                return BitValue.HostOrder(PacketField.OutputInterface, 32);
            case MetaKey.InputInterfaceName:
                return BitValue.Whole(PacketField.InputName, 128);
            case MetaKey.OutputInterfaceName:
                return BitValue.Whole(PacketField.OutputName, 128);
            case MetaKey.InputInterfaceType:
                return HostOrder(PacketField.InputType, 16, rule);
            case MetaKey.OutputInterfaceType:
                return HostOrder(PacketField.OutputType, 16, rule);
            case MetaKey.InputInterfaceGroup:
                return HostOrder(PacketField.InputGroup, 32, rule);
            case MetaKey.OutputInterfaceGroup:
                return HostOrder(PacketField.OutputGroup, 32, rule);
            case MetaKey.InputInterfaceKind:
                rule.Tests.Present(PacketField.InputKind);
                return BitValue.Whole(PacketField.InputKind, 128);
            case MetaKey.OutputInterfaceKind:
                rule.Tests.Present(PacketField.OutputKind);
                return BitValue.Whole(PacketField.OutputKind, 128);
            case MetaKey.SocketUser:
                return OfSocket(PacketField.SocketUser, rule);
            case MetaKey.SocketGroup:
                return OfSocket(PacketField.SocketGroup, rule);
            case MetaKey.SecurityPath:
                // The packets asked about come as they are, not out of a tunnel.
                return new(BitSegment.Constant(0, 8));
            case MetaKey.TimeNanoseconds or MetaKey.TimeDay or MetaKey.TimeHour when rule.Context.Host.Clock is { } clock:
                return RuleTime.Load(key, clock);
            default:
                return Unknown(key, rule);
        }
    }

    // Without the fact the rule ends; with it, it may be anything.
    private static BitValue Unknown(MetaKey key, RuleBuilder rule)
    {
        var why = key switch
        {
            MetaKey.Random => "meta random is random",
            MetaKey.TimeNanoseconds or MetaKey.TimeDay or MetaKey.TimeHour => "it depends on the time, which is unknown here",
            MetaKey.Cpu => "it depends on the processor that handles the packet",
            MetaKey.CgroupClass => "it depends on the control group of the socket",
            _ => "the property it tests is not modelled",
        };
        rule.Doubt(why);
        return BitValue.Unknown(16, why);
    }

    // Rules of a netdev chain or a bridge see their own family.
    private static byte FamilySeen(RuleBuilder rule) => rule.Chain.Table.Family switch
    {
        RuleFamily.NetDevice => (byte)RuleFamily.NetDevice,
        RuleFamily.Bridge => (byte)RuleFamily.Bridge,
        _ => rule.Context.IsIPv4 ? (byte)RuleFamily.Ip : (byte)RuleFamily.Ip6,
    };

    private static BitValue HostOrder(PacketField field, int width, RuleBuilder rule)
    {
        rule.Tests.Present(field);
        return BitValue.HostOrder(field, width);
    }

    private static BitValue OfSocket(PacketField field, RuleBuilder rule)
    {
        rule.Tests.Field(PacketField.HasSocket, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
        return BitValue.HostOrder(field, 32);
    }
}
