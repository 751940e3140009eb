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
            Add(rule, expression.Count, expression.IsOver);
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }

    /// <summary>Adds the test, which counts as the scope of the rule's limits says.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="most">How many connections there may be.</param>
    /// <param name="isOver">Whether more of them match.</param>
    internal static void Add(RuleBuilder rule, uint most, bool isOver)
    {
        var measure = LimitMeasure.Connections(most);
        var limit = rule.Limit(measure);
        if (rule.Context.Connections is not { } connections)
        {
            rule.Add(new LimitTest(limit, isOver));
            return;
        }

        var full = connections.Full(CountedConnections.Of(rule), rule.Context.IsIPv4, rule.Scope.PrefixLength, most);
        var isReached = rule.Scope.PrefixLength is null ? "may be reached" : "is reached";
        var why = $"its limit of {measure.Text(ofConnections: true)} {isReached}, as far as connection tracking shows";
        rule.Add(full.IsEmpty ? new LimitTest(limit, isOver) : new ConnectionCountTest(limit, isOver, full, rule.Question(why)));
    }
}
