using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Sets the mark (mark_tg).</summary>
internal sealed class MarkTargetMeaning : XtTargetMeaning<MarkTarget>
{
    protected override void Compile(MarkTarget target, RuleBuilder rule)
    {
        var value = XtMarks.Change(PacketField.Mark, target.Mark, target.Mask);
        rule.Add(new SetFieldStep(PacketField.Mark, value, rule.Context, false, XtMarks.Unknown));
    }
}
