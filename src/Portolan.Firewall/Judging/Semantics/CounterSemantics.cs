using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A counter only counts.</summary>
internal sealed class CounterSemantics : ExpressionMeaning<CounterExpression>
{
    protected override void Compile(CounterExpression expression, RuleBuilder rule)
    {
    }
}
