using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>The local socket (nft_socket_eval): none, or one of any kind.</summary>
internal sealed class SocketSemantics : ExpressionMeaning<SocketExpression>
{
    private const string Why = "it depends on the local socket that the packet belongs to";

    protected override void Compile(SocketExpression expression, RuleBuilder rule)
    {
        rule.Doubt(Why);
        rule.Store(expression.Destination, BitValue.Unknown(16, Why));
    }
}
