using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Takes the mark from the connection, or gives it one (connmark_tg).</summary>
internal sealed class ConnmarkTargetMeaning : XtTargetMeaning<ConnmarkTarget>
{
    protected override void Compile(ConnmarkTarget target, RuleBuilder rule)
    {
        var (field, value) = target.Mode switch
        {
            ConnmarkMode.Set =>
                (PacketField.ConnectionMark, XtMarks.Change(PacketField.ConnectionMark, target.ConnectionMark, target.ConnectionMask)),
            ConnmarkMode.Save => (PacketField.ConnectionMark, BitArithmetic.Xor(
                XtMarks.Masked(PacketField.ConnectionMark, ~target.ConnectionMask), XtMarks.Masked(PacketField.Mark, target.PacketMask))),
            _ => (PacketField.Mark, BitArithmetic.Xor(
                XtMarks.Masked(PacketField.Mark, ~target.PacketMask), XtMarks.Masked(PacketField.ConnectionMark, target.ConnectionMask))),
        };
        value = target.LeftShift == 0 ? value : BitValue.Unknown(4, XtMarks.Unknown);
        rule.Add(new SetFieldStep(field, value, rule.Context, true, XtMarks.Unknown));
    }
}
