using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>meta KEY</c> and <c>meta KEY set VALUE</c>.</summary>
internal static class MetaText
{
    /// <summary>What a load of the fact holds.</summary>
    public static Operand Operand(MetaKey key)
    {
        var (word, type) = Find(key);
        var length = type.Length > 0 ? type.Length : 4;
        return new NamedOperand(IsOften(key) ? word : $"meta {word}", type, length)
        {
            Fact = FactOf(key),
            Kind = KindOf(key),
            IsForeign = word.Length == 0,
        };
    }

    /// <summary>Writes <c>meta KEY set VALUE</c>.</summary>
    public static void Write(RuleTranslation rule, MetaWriteExpression meta)
    {
        var (word, type) = Find(meta.Key);
        if (word.Length == 0 || rule.Registers.Read(meta.Source) is not { } value)
        {
            rule.EmitForeign(meta);
            return;
        }

        rule.Emit(scope =>
        {
            var term = meta.Key == MetaKey.Trace ? new Term(Number(value), type, IsHostOrder: false, 1) : value.Resolve(scope, type);
            return $"meta {word} set {term.Text}";
        });
    }

    private static string Number(Operand value) =>
        value is ConstantOperand { Data.IsEmpty: false } constant ? ByteText.Decimal(constant.Data.Span[..1]) : "1";

    private static bool IsOften(MetaKey key) =>
        key is MetaKey.InputInterface or MetaKey.OutputInterface or MetaKey.InputInterfaceName or MetaKey.OutputInterfaceName;

    private static RulePartKind KindOf(MetaKey key) => key switch
    {
        MetaKey.InputInterface or MetaKey.InputInterfaceName => RulePartKind.Source,
        MetaKey.TransportProtocol => RulePartKind.Port,
        _ => RulePartKind.Match,
    };

    private static HeaderFactKind? FactOf(MetaKey key) => key switch
    {
        MetaKey.Protocol => HeaderFactKind.MetaProtocol,
        MetaKey.NetfilterProtocol => HeaderFactKind.NetfilterProtocol,
        MetaKey.TransportProtocol => HeaderFactKind.MetaTransport,
        MetaKey.InputInterfaceType => HeaderFactKind.LinkType,
        _ => null,
    };

    private static (string Word, DataType Type) Find(MetaKey key) => key switch
    {
        MetaKey.Length => ("length", DataTypes.HostInteger),
        MetaKey.Protocol => ("protocol", DataTypes.EtherType),
        MetaKey.Priority => ("priority", DataTypes.ClassId),
        MetaKey.Mark => ("mark", DataTypes.Mark),
        MetaKey.InputInterface => ("iif", DataTypes.InterfaceIndex),
        MetaKey.OutputInterface => ("oif", DataTypes.InterfaceIndex),
        MetaKey.InputInterfaceName => ("iifname", DataTypes.InterfaceName),
        MetaKey.OutputInterfaceName => ("oifname", DataTypes.InterfaceName),
        MetaKey.InputInterfaceType => ("iiftype", DataTypes.HardwareType),
        MetaKey.OutputInterfaceType => ("oiftype", DataTypes.HardwareType),
        MetaKey.SocketUser => ("skuid", DataTypes.User),
        MetaKey.SocketGroup => ("skgid", DataTypes.Group),
        MetaKey.Trace => ("nftrace", DataTypes.Integer),
        MetaKey.RouteClass => ("rtclassid", DataTypes.Realm),
        MetaKey.SecurityMark => ("secmark", DataTypes.HostInteger),
        MetaKey.NetfilterProtocol => ("nfproto", DataTypes.NetfilterProtocol),
        MetaKey.TransportProtocol => ("l4proto", DataTypes.Protocol),
        MetaKey.BridgeInput => ("ibrname", DataTypes.InterfaceName),
        MetaKey.BridgeOutput => ("obrname", DataTypes.InterfaceName),
        MetaKey.PacketType => ("pkttype", DataTypes.PacketType),
        MetaKey.Cpu => ("cpu", DataTypes.HostInteger),
        MetaKey.InputInterfaceGroup => ("iifgroup", DataTypes.DeviceGroup),
        MetaKey.OutputInterfaceGroup => ("oifgroup", DataTypes.DeviceGroup),
        MetaKey.CgroupClass => ("cgroup", DataTypes.HostInteger),
        MetaKey.Random => ("random", DataTypes.Integer),
        MetaKey.SecurityPath => ("ipsec", DataTypes.Boolean),
        MetaKey.InputInterfaceKind => ("iifkind", DataTypes.InterfaceName),
        MetaKey.OutputInterfaceKind => ("oifkind", DataTypes.InterfaceName),
        MetaKey.BridgeInputVlanId => ("ibrpvid", DataTypes.HostInteger),
        MetaKey.BridgeInputVlanProtocol => ("ibrvproto", DataTypes.EtherType),
        MetaKey.TimeNanoseconds => ("time", DataTypes.Time),
        MetaKey.TimeDay => ("day", DataTypes.Day),
        MetaKey.TimeHour => ("hour", DataTypes.Hour),
        MetaKey.SlaveInput => ("sdif", DataTypes.InterfaceIndex),
        MetaKey.SlaveInputName => ("sdifname", DataTypes.InterfaceName),
        MetaKey.BridgeBroute => ("broute", DataTypes.Integer),
        MetaKey.BridgeInputHardwareAddress => ("ibrhwaddr", DataTypes.Ethernet),
        _ => ("", DataTypes.Raw),
    };
}
