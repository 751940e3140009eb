using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A drop with an answer (nft_reject_inet_eval).</summary>
internal sealed class RejectSemantics : ExpressionMeaning<RejectExpression>
{
    private const byte Tcp = 6;

    protected override void Compile(RejectExpression expression, RuleBuilder rule)
    {
        // Only TCP is answered with a RST; anything else vanishes.
        var isSilent = expression.Kind == RejectKind.TcpReset && rule.Context.Protocol != Tcp;
        rule.Decide(new Decision(VerdictKind.Drop, null, isSilent ? null : expression));
    }
}
