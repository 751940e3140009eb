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
            rule.Add(new LimitTest(rule.Limit(LimitAmount.Connections(expression.Count)), expression.IsOver));
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }
}
