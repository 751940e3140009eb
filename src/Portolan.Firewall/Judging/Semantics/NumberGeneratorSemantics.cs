using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A counter or a random number (nft_ng_inc_eval, nft_ng_random_eval).</summary>
internal sealed class NumberGeneratorSemantics : ExpressionMeaning<NumberGeneratorExpression>
{
    protected override void Compile(NumberGeneratorExpression expression, RuleBuilder rule) =>
        rule.Store(expression.Destination, BitValue.Unknown(4, expression.IsRandom ? "numgen is random" : "numgen counts the packets"));
}
