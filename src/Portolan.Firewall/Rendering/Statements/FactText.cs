using System.Globalization;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Facts that are loaded whole: of routes, sockets, IPsec, the sender's system, and generated numbers.</summary>
internal static class FactText
{
    /// <summary><c>rt KEY</c>.</summary>
    public static Operand Operand(RoutingExpression routing) => routing.Key switch
    {
        0 => new NamedOperand("rt classid", DataTypes.Realm, 4),
        1 => new NamedOperand("rt ip nexthop", DataTypes.Ipv4, 4),
        2 => new NamedOperand("rt ip6 nexthop", DataTypes.Ipv6, 16),
        3 => new NamedOperand("rt mtu", DataTypes.HostInteger, 2),
        4 => new NamedOperand("rt ipsec", DataTypes.Boolean, 1),
        _ => new NamedOperand("rt", DataTypes.Raw, 4) { IsForeign = true },
    };

    /// <summary><c>socket KEY</c>.</summary>
    public static Operand Operand(SocketExpression socket) => socket.Key switch
    {
        0 => new NamedOperand("socket transparent", DataTypes.Integer, 1),
        1 => new NamedOperand("socket mark", DataTypes.Mark, 4),
        2 => new NamedOperand("socket wildcard", DataTypes.Integer, 1),

        // The constant is a control group's number, which nft only takes as a path.
        3 => new NamedOperand(
            string.Create(CultureInfo.InvariantCulture, $"socket cgroupv2 level {socket.Level ?? 0}"), DataTypes.Cgroup,
            8)
        { IsForeign = true },
        _ => new NamedOperand("socket", DataTypes.Raw, 4) { IsForeign = true },
    };

    /// <summary><c>numgen inc mod N</c>.</summary>
    public static Operand Operand(NumberGeneratorExpression generator)
    {
        var offset = generator.Offset == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" offset {generator.Offset}");
        return new NamedOperand(
            string.Create(
                CultureInfo.InvariantCulture, $"numgen {(generator.IsRandom ? "random" : "inc")} mod {generator.Modulus}{offset}"),
            DataTypes.HostInteger,
            4);
    }

    /// <summary><c>osf name</c>.</summary>
    public static Operand Operand(OsFingerprintExpression fingerprint) => new NamedOperand(
        $"osf {fingerprint.Ttl switch { 1 => "ttl loose ", 2 => "ttl skip ", _ => "" }}"
            + $"{((fingerprint.Flags & 1) != 0 ? "version" : "name")}",
        DataTypes.Text,
        16);

    /// <summary><c>ipsec in KEY</c>.</summary>
    public static Operand Operand(XfrmExpression xfrm)
    {
        var (word, type, length) = xfrm.Key switch
        {
            1 => ("ip daddr", DataTypes.Ipv4, 4),
            2 => ("ip6 daddr", DataTypes.Ipv6, 16),
            3 => ("ip saddr", DataTypes.Ipv4, 4),
            4 => ("ip6 saddr", DataTypes.Ipv6, 16),
            5 => ("reqid", DataTypes.HostInteger, 4),
            6 => ("spi", DataTypes.Integer, 4),
            _ => ("", DataTypes.Raw, 4),
        };
        var number = xfrm.SpNumber == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"spnum {xfrm.SpNumber} ");
        return new NamedOperand(
            $"ipsec {(xfrm.Direction == 0 ? "in" : "out")} {number}{word}", type, length)
        { IsForeign = word.Length == 0 };
    }
}
