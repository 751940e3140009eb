using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>tproxy ip to 127.0.0.1:8080</c>.</summary>
internal static class TransparentProxyText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, TransparentProxyExpression proxy)
    {
        var address = proxy.Address is { } a ? rule.Registers.Read(a) : null;
        var port = proxy.Port is { } p ? rule.Registers.Read(p) : null;
        if ((proxy.Address is not null && address is null) || (proxy.Port is not null && port is null))
        {
            rule.EmitForeign(proxy);
            return;
        }

        rule.Emit(scope =>
        {
            var isIp6 = proxy.Family == RuleFamily.Ip6;
            var family = rule.Table.Family is RuleFamily.Ip or RuleFamily.Ip6 ? "" : proxy.Family switch
            {
                RuleFamily.Ip => " ip",
                RuleFamily.Ip6 => " ip6",
                _ => "",
            };
            var text = address?.Resolve(scope, isIp6 ? DataTypes.Ipv6 : DataTypes.Ipv4).Text ?? "";
            var bracketed = isIp6 && address is ConstantOperand && port is not null ? $"[{text}]" : text;
            return $"tproxy{family} to {bracketed}{(port is null ? "" : $":{port.Resolve(scope, DataTypes.Port).Text}")}";
        });
    }
}
