using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>ct KEY</c> and <c>ct KEY set VALUE</c>.</summary>
internal static class ConnectionText
{
    /// <summary>What a load of the fact holds.</summary>
    public static Operand Operand(ConnectionKey key, ConnectionDirection? direction)
    {
        var (word, type, length) = Find(key);
        return new NamedOperand($"ct {DirectionText(direction)}{word}", type, length) { IsForeign = word.Length == 0 };
    }

    /// <summary>Writes <c>ct KEY set VALUE</c>.</summary>
    public static void Write(RuleTranslation rule, ConnectionTrackingWriteExpression connection)
    {
        var (word, type, _) = Find(connection.Key);
        if (word.Length == 0 || rule.Registers.Read(connection.Source) is not { } value)
        {
            rule.EmitForeign(connection);
            return;
        }

        rule.Emit(scope => $"ct {DirectionText(connection.Direction)}{word} set {value.Resolve(scope, type).Text}");
    }

    private static string DirectionText(ConnectionDirection? direction) => direction switch
    {
        ConnectionDirection.Original => "original ",
        ConnectionDirection.Reply => "reply ",
        _ => "",
    };

    private static (string Word, DataType Type, int Length) Find(ConnectionKey key) => key switch
    {
        ConnectionKey.State => ("state", DataTypes.State, 4),
        ConnectionKey.Direction => ("direction", DataTypes.Direction, 1),
        ConnectionKey.Status => ("status", DataTypes.Status, 4),
        ConnectionKey.Mark => ("mark", DataTypes.Mark, 4),
        ConnectionKey.SecurityMark => ("secmark", DataTypes.HostInteger, 4),
        ConnectionKey.Expiration => ("expiration", DataTypes.Duration, 4),
        ConnectionKey.Helper => ("helper", DataTypes.Text, 16),
        ConnectionKey.Layer3Protocol => ("l3proto", DataTypes.NetfilterProtocol, 1),
        ConnectionKey.SourceAddress => ("saddr", DataTypes.Raw, 16),
        ConnectionKey.DestinationAddress => ("daddr", DataTypes.Raw, 16),
        ConnectionKey.TransportProtocol => ("protocol", DataTypes.Protocol, 1),
        ConnectionKey.SourcePort => ("proto-src", DataTypes.Port, 2),
        ConnectionKey.DestinationPort => ("proto-dst", DataTypes.Port, 2),
        ConnectionKey.Labels => ("label", DataTypes.Label, 16),
        ConnectionKey.Packets => ("packets", DataTypes.HostInteger, 8),
        ConnectionKey.Bytes => ("bytes", DataTypes.HostInteger, 8),
        ConnectionKey.AveragePacket => ("avgpkt", DataTypes.HostInteger, 8),
        ConnectionKey.Zone => ("zone", DataTypes.HostInteger, 2),
        ConnectionKey.EventMask => ("event", DataTypes.Event, 4),
        ConnectionKey.SourceIpv4 => ("ip saddr", DataTypes.Ipv4, 4),
        ConnectionKey.DestinationIpv4 => ("ip daddr", DataTypes.Ipv4, 4),
        ConnectionKey.SourceIpv6 => ("ip6 saddr", DataTypes.Ipv6, 16),
        ConnectionKey.DestinationIpv6 => ("ip6 daddr", DataTypes.Ipv6, 16),
        ConnectionKey.Id => ("id", DataTypes.Integer, 4),
        _ => ("", DataTypes.Raw, 4),
    };
}
