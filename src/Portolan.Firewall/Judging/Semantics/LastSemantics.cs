using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>It only remembers.</summary>
internal sealed class LastSemantics : ExpressionMeaning<LastExpression>
{
    protected override void Compile(LastExpression expression, RuleBuilder rule)
    {
    }
}
