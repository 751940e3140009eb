using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The connections that were open when the rules were read.</summary>
internal sealed class ConnectionCounts(IReadOnlyList<OpenConnection> connections)
{
    /// <summary>The senders whose connections are as many as there may be, or more.</summary>
    /// <param name="counted">Which connections count.</param>
    /// <param name="isIPv4">The family of the senders.</param>
    /// <param name="prefixLength">
    /// How many bits of an address are counted together; 0 for all senders, <c>null</c> where something else is: then all senders, if all
    /// connections together are so many.
    /// </param>
    /// <param name="most">How many connections there may be.</param>
    public IntervalSet Full(CountedConnections counted, bool isIPv4, int? prefixLength, uint most)
    {
        var bits = isIPv4 ? 32 : 128;
        var senders = connections.Where(counted.Has).Select(static c => c.Source);
        return prefixLength is not > 0
            ? senders.LongCount() >= most ? IntervalSet.All(bits) : IntervalSet.Empty
            : IntervalSet.UnionOf([.. senders.CountBy(s => s.Number >> (bits - prefixLength.Value)).Where(n => n.Value >= most)
                .Select(n => IntervalSet.Prefix(n.Key << (bits - prefixLength.Value), prefixLength.Value, bits))]);
    }
}

/// <summary>The connections whose packets a rule that limits their number may see.</summary>
/// <param name="IsIPv4">The family; <c>null</c> for both.</param>
/// <param name="Protocol">The protocol; <c>null</c> for all.</param>
/// <param name="Ports">The destination ports that the rule tests; <c>null</c> where it tests none, and counts connections to all.</param>
internal readonly record struct CountedConnections(bool? IsIPv4, byte? Protocol, IntervalSet? Ports)
{
    /// <summary>Whether a connection is one of them.</summary>
    public bool Has(OpenConnection connection) => (IsIPv4 is not { } family || connection.Source.IsIPv4 == family)
        && (Protocol is not { } protocol || connection.Protocol == protocol)
        && (Ports is not { } ports || ports.Contains(connection.DestinationPort) || ports.Contains(connection.AnsweringPort));

    /// <summary>Those that a rule may see as far as it has been gone through.</summary>
    public static CountedConnections Of(RuleBuilder rule)
    {
        var expressions = rule.Reference.Rule?.Expressions ?? [];
        var isOneProtocol = rule.PortsSoFar is not null;
        for (var i = 0; i < expressions.Count && !isOneProtocol; i++)
        {
            isOneProtocol = expressions[i] is IpHeaderMatchExpression { Protocol: not 0, ProtocolInverted: false }
                || (expressions[i] is MetaExpression { Key: MetaKey.TransportProtocol }
                    && i + 1 < expressions.Count && expressions[i + 1] is CompareExpression { Operation: CompareOperation.Equal });
        }

        // A set without keys counts the connections of both families in a table that is of both.
        var isBothFamilies = rule.Scope.PrefixLength is not > 0 && rule.Chain.Table.Family == RuleFamily.Inet;
        return new(isBothFamilies ? null : rule.Context.IsIPv4, isOneProtocol ? rule.Context.Protocol : null, rule.PortsSoFar);
    }
}
