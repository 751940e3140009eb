using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A program decides (nft_queue_eval).</summary>
internal sealed class QueueSemantics : ExpressionMeaning<QueueExpression>
{
    protected override void Compile(QueueExpression expression, RuleBuilder rule) => rule.Decide(Decision.Queue);
}
