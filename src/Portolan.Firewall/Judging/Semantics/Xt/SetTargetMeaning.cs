using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>
/// It changes a set of ipset, or takes marks from one; the packet goes on. Matches of a set that rules change are in doubt.
/// </summary>
internal sealed class SetTargetMeaning : XtTargetMeaning<SetTarget>
{
    protected override void Compile(SetTarget target, RuleBuilder rule)
    {
        if (target.Map is not { Index: not SetReference.None })
        {
            return;
        }

        foreach (var field in (PacketField[])[PacketField.Mark, PacketField.Priority])
        {
            rule.Add(new SetFieldStep(field, BitValue.Unknown(4, XtMarks.Unknown), rule.Context, false, XtMarks.Unknown));
        }
    }
}
