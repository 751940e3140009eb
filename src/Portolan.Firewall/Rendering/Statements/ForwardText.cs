using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Packets that leave elsewhere: <c>dup to 10.0.0.1 device "eth1"</c>, <c>fwd to "eth1"</c>.</summary>
internal static class ForwardText
{
    /// <summary>Writes <c>dup</c>.</summary>
    public static void Write(RuleTranslation rule, DuplicateExpression duplicate)
    {
        var address = Read(rule, duplicate.Address);
        var device = Read(rule, duplicate.Device);
        var type = rule.Table.Family == RuleFamily.Ip6 ? DataTypes.Ipv6 : DataTypes.Ipv4;
        if (address is null && device is null)
        {
            rule.EmitForeign(duplicate);
        }
        else if (address is null)
        {
            rule.Emit(scope => $"dup to {device!.Resolve(scope, DataTypes.InterfaceIndex).Text}");
        }
        else
        {
            rule.Emit(
                scope => $"dup to {address.Resolve(scope, type).Text}"
                    + $"{(device is null ? "" : $" device {device.Resolve(scope, DataTypes.InterfaceIndex).Text}")}");
        }
    }

    /// <summary>Writes <c>fwd</c>.</summary>
    public static void Write(RuleTranslation rule, ForwardExpression forward)
    {
        var address = Read(rule, forward.Address);
        var device = Read(rule, forward.Device);
        var isIp6 = forward.Family == RuleFamily.Ip6;
        if (device is null)
        {
            rule.EmitForeign(forward);
        }
        else if (address is null)
        {
            rule.Emit(scope => $"fwd to {device.Resolve(scope, DataTypes.InterfaceIndex).Text}");
        }
        else
        {
            rule.Emit(scope =>
                $"fwd {(isIp6 ? "ip6" : "ip")} to {address.Resolve(scope, isIp6 ? DataTypes.Ipv6 : DataTypes.Ipv4).Text} device "
                    + $"{device.Resolve(scope, DataTypes.InterfaceIndex).Text}");
        }
    }

    private static Operand? Read(RuleTranslation rule, Register? register) => register is { } read ? rule.Registers.Read(read) : null;
}
