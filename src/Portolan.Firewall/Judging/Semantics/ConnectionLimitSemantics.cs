using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A number of connections (nft_connlimit_eval). The connection that a packet begins counts.</summary>
internal sealed class ConnectionLimitSemantics : ExpressionMeaning<ConnectionLimitExpression>
{
    protected override void Compile(ConnectionLimitExpression expression, RuleBuilder rule)
    {
        if (expression.Count > 0)
        {
            Add(rule, expression.Count, expression.IsOver, rule.Sharing.Sharing switch
            {
                LimitSharing.AllSenders => 0,
                LimitSharing.EachSender => rule.Context.IsIPv4 ? 32 : 128,
                _ => null,
            });
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }

    /// <summary>Adds the test.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="most">How many connections there may be.</param>
    /// <param name="isOver">Whether more of them match.</param>
    /// <param name="prefixLength">How many bits of a sender's address are counted together; <c>null</c> where something else is.</param>
    internal static void Add(RuleBuilder rule, uint most, bool isOver, int? prefixLength)
    {
        var limit = rule.Limit(LimitAmount.Connections(most));
        rule.Add(prefixLength is { } length && rule.Context.Connections is not null
            ? new ConnectionCountTest(limit, most, isOver, length, rule.Context, rule.Question($"its limit of {LimitAmount.Connections(most)} is reached, as far as connection tracking shows"))
            : new LimitTest(limit, isOver));
    }
}
