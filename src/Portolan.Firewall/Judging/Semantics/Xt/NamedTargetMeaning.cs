using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A target whose parameters are not known here.</summary>
internal sealed class NamedTargetMeaning : XtTargetMeaning<NamedTarget>
{
    protected override void Compile(NamedTarget target, RuleBuilder rule)
    {
        switch (target.Nature)
        {
            case TargetNature.GoesOn:
                break;
            case TargetNature.GoesOnChanged:
                foreach (var field in (PacketField[])[
                    PacketField.TrafficClass, PacketField.HopLimit, PacketField.Priority, PacketField.Mark])
                {
                    rule.Add(new SetFieldStep(field, BitValue.Unknown(4, XtMarks.Unknown), rule.Context, false, XtMarks.Unknown));
                }

                SegmentOptions.MayChange(rule);

                break;
            default:
                if (target.Name == "NFQUEUE")
                {
                    rule.Decide(Decision.Queue);
                }
                else
                {
                    rule.Add(new GiveUpStep(rule.Question("its target decides in a way that is not modelled")));
                }

                break;
        }
    }
}
