using System.Text;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Translations: <c>dnat ip to 10.0.0.1:80</c>, <c>masquerade</c>, <c>redirect to :8080</c>.</summary>
internal static class NatText
{
    // NF_NAT_RANGE_* (linux/netfilter/nf_nat.h).
    private const uint RandomFlag = 4;
    private const uint PersistentFlag = 8;
    private const uint FullyRandomFlag = 0x10;
    private const uint NetmapFlag = 0x40;

    /// <summary>Writes <c>snat</c> or <c>dnat</c>.</summary>
    public static void Write(RuleTranslation rule, NatExpression nat)
    {
        var word = nat.IsSource ? "snat" : "dnat";
        var address = Part(rule, nat.AddressMin);
        var addressEnd = nat.AddressMax == nat.AddressMin ? null : Part(rule, nat.AddressMax);
        var port = Part(rule, nat.PortMin);
        var portEnd = nat.PortMax == nat.PortMin ? null : Part(rule, nat.PortMax);
        if ((nat.AddressMin is not null && address is null) || (nat.PortMin is not null && port is null)
            || (nat.AddressMax is not null && nat.AddressMax != nat.AddressMin && addressEnd is null)
            || (nat.PortMax is not null && nat.PortMax != nat.PortMin && portEnd is null))
        {
            rule.EmitForeign(nat, word);
            return;
        }

        rule.Emit(scope =>
        {
            var text = new StringBuilder(word);
            if (address is not null && rule.Table.Family is not (RuleFamily.Ip or RuleFamily.Ip6))
            {
                text.Append(nat.Family == RuleFamily.Ip6 ? " ip6" : " ip");
            }

            var isInterval = addressEnd is { Operand: MapOperand };
            text.Append((nat.Flags & NetmapFlag) != 0 ? " prefix" : isInterval ? " interval" : "").Append(" to ");
            text.Append(Address(
                scope, nat, address, addressEnd,
                hasPort: port is { Operand: not MapOperand } || (port is not null && port.Value.Operand != address?.Operand)));
            if (port is { } first && first.Operand != address?.Operand)
            {
                text.Append(':').Append(Ports(scope, first.Operand, portEnd?.Operand));
            }

            return text.Append(Flags(nat.Flags)).ToString();
        });
    }

    /// <summary>Writes a translation that has ports only.</summary>
    public static void WritePorts(
        RuleTranslation rule, string word, Register? portMin, Register? portMax, uint flags, Expression expression)
    {
        var port = Part(rule, portMin)?.Operand;
        var portEnd = portMax == portMin ? null : Part(rule, portMax)?.Operand;
        if ((portMin is not null && port is null) || (portMax is not null && portMax != portMin && portEnd is null))
        {
            rule.EmitForeign(expression, word);
            return;
        }

        rule.Emit(scope => $"{word}{(port is null ? "" : $" to :{Ports(scope, port, portEnd)}")}{Flags(flags)}");
    }

    private static (Operand Operand, int Offset)? Part(RuleTranslation rule, Register? register) =>
        register is { } read ? rule.Registers.ReadPart(read) : null;

    private static string Address(
        TermScope scope, NatExpression nat, (Operand Operand, int Offset)? first, (Operand Operand, int Offset)? last, bool hasPort)
    {
        if (first is not var (operand, _))
        {
            return "";
        }

        var type = nat.Family == RuleFamily.Ip6 ? DataTypes.Ipv6 : DataTypes.Ipv4;
        if (operand is ConstantOperand from && last?.Operand is ConstantOperand to)
        {
            var prefix = (nat.Flags & NetmapFlag) != 0 ? ByteText.PrefixLength(from.Data.Span, to.Data.Span) : null;
            return prefix is { } bits ? $"{type.Format(from.Data.Span)}/{bits}"
                : $"{Bracketed(type.Format(from.Data.Span), hasPort)}-{Bracketed(type.Format(to.Data.Span), hasPort)}";
        }

        return operand is ConstantOperand ? Bracketed(operand.Resolve(scope, type).Text, hasPort) : operand.Resolve(scope, type).Text;
    }

    private static string Ports(TermScope scope, Operand first, Operand? last) =>
        last is null
            ? first.Resolve(scope, DataTypes.Port).Text
            : $"{first.Resolve(scope, DataTypes.Port).Text}-{last.Resolve(scope, DataTypes.Port).Text}";

    // The colons of an IPv6 address end before that of the port.
    private static string Bracketed(string address, bool hasPort) =>
        hasPort && address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    private static string Flags(uint flags)
    {
        var words = new List<string>();
        if ((flags & RandomFlag) != 0)
        {
            words.Add("random");
        }

        if ((flags & FullyRandomFlag) != 0)
        {
            words.Add("fully-random");
        }

        if ((flags & PersistentFlag) != 0)
        {
            words.Add("persistent");
        }

        return words.Count == 0 ? "" : $" {string.Join(',', words)}";
    }
}
