using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Takes the packet out of tracking, or says how it is tracked (xt_CT).</summary>
internal sealed class ConnectionTrackingTargetMeaning : XtTargetMeaning<ConnectionTrackingTarget>
{
    // XT_CT_ZONE_DIR_ORIG, XT_CT_ZONE_DIR_REPL, XT_CT_ZONE_MARK.
    private const ushort DirectionOriginal = 4;
    private const ushort DirectionReply = 8;
    private const ushort ZoneOfMark = 16;

    protected override void Compile(ConnectionTrackingTarget target, RuleBuilder rule)
    {
        if (target.IsNotTracked)
        {
            rule.Add(new NoTrackStep());
            return;
        }

        // With or without a zone: whatever it says makes a template, and with that the packet a new one.
        ConnectionDirection? direction = (target.Flags & DirectionOriginal) != 0 ? ConnectionDirection.Original
            : (target.Flags & DirectionReply) != 0 ? ConnectionDirection.Reply
            : null;
        var value = (target.Flags & ZoneOfMark) != 0
            ? BitValue.HostOrder(PacketField.Mark, 32).Slice(0, 16)
            : new BitValue(BitSegment.Constant(target.Zone, 16));
        value = (target.Flags & ZoneOfMark) != 0 ? BitArithmetic.TurnRound(value, 2) : value;
        rule.Add(new ZoneStep(value, direction, takesUntracked: false, rule.Context, rule.Question(ConnectionTrackingWriteSemantics.Why)));
    }
}
