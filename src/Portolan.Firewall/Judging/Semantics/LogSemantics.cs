using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A log only reports.</summary>
internal sealed class LogSemantics : ExpressionMeaning<LogExpression>
{
    protected override void Compile(LogExpression expression, RuleBuilder rule)
    {
    }
}
