using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>
/// The protocol that a rule of iptables is for. An xt match such as tcp is only taken for a rule of its protocol, which is given beside the
/// rule (NFTA_RULE_COMPAT) and not listed by the kernel; but the rule tests it, too.
/// </summary>
internal static class XtProtocol
{
    private const int IPv4ProtocolOffset = 9;
    private const int IPv6ProtocolOffset = 6;

    /// <summary>The protocol; <c>null</c> for a rule that is for none, or has nothing of xt.</summary>
    internal static (byte Protocol, bool IsInverted)? Find(RuleFamily family, IReadOnlyList<Expression> expressions)
    {
        if (!expressions.Any(static expression => expression is XtMatchExpression or XtTargetExpression))
        {
            return null;
        }

        for (var index = 0; index + 1 < expressions.Count; index++)
        {
            if (Loads(family, expressions[index])
                && expressions[index + 1] is CompareExpression
                {
                    Data: { Length: 1 } data,
                    Operation: var operation and (CompareOperation.Equal or CompareOperation.NotEqual)
                })
            {
                return (data.Span[0], operation == CompareOperation.NotEqual);
            }
        }

        return null;
    }

    private static bool Loads(RuleFamily family, Expression expression) => expression switch
    {
        MetaExpression { Key: MetaKey.TransportProtocol } => true,
        PayloadExpression { Base: PayloadBase.Network, Length: 1, Offset: var offset } =>
            offset == (family == RuleFamily.Ip6 ? IPv6ProtocolOffset : IPv4ProtocolOffset),
        _ => false,
    };
}
