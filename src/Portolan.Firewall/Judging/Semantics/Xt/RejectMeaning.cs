using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A drop with an answer (reject_tg).</summary>
internal sealed class RejectMeaning : XtTargetMeaning<RejectTarget>
{
    protected override void Compile(RejectTarget target, RuleBuilder rule)
    {
        const byte tcp = 6;
        var isSilent = target.Kind == RejectKind.TcpReset && rule.Context.Protocol != tcp;
        rule.Decide(new Decision(VerdictKind.Drop, null, isSilent ? null : new RejectExpression(target.Kind, target.Code)));
    }
}
