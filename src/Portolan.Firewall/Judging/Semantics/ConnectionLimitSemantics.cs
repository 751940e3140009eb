using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A number of connections (nft_connlimit_eval).</summary>
internal sealed class ConnectionLimitSemantics : ExpressionMeaning<ConnectionLimitExpression>
{
    protected override void Compile(ConnectionLimitExpression expression, RuleBuilder rule) =>
        rule.Doubt("it hangs on how many connections there are");
}
