using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A hash of the packet (nft_jhash_eval, nft_symhash_eval).</summary>
internal sealed class HashSemantics : ExpressionMeaning<HashExpression>
{
    protected override void Compile(HashExpression expression, RuleBuilder rule) =>
        rule.Store(expression.Destination, BitValue.Unknown(4, "it depends on a hash of the packet"));
}
