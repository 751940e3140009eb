using System.Globalization;
using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>reject with icmpx type port-unreachable</c>.</summary>
internal static class RejectText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, RejectExpression reject) => rule.Emit(scope =>
    {
        switch (reject.Kind)
        {
            case RejectKind.TcpReset:
                scope.Headers.Add(ProtocolHeaders.Tcp);
                return "reject with tcp reset";
            case RejectKind.IcmpX:
                return $"reject with icmpx type {DataTypes.IcmpxCode.Format([reject.Code])}";
            case RejectKind.IcmpUnreachable when scope.Context.Network == ProtocolHeaders.Ip6:
                scope.Headers.Add(ProtocolHeaders.Ip6);
                return $"reject with icmpv6 type {DataTypes.Icmpv6Code.Format([reject.Code])}";
            case RejectKind.IcmpUnreachable when scope.Context.Network == ProtocolHeaders.Ip:
                scope.Headers.Add(ProtocolHeaders.Ip);
                return $"reject with icmp type {DataTypes.IcmpCode.Format([reject.Code])}";
            default:
                return scope.Foreign(string.Create(CultureInfo.InvariantCulture, $"reject with icmp code {reject.Code}"));
        }
    });
}
