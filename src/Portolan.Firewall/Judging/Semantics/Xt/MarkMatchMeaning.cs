using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Bits of the mark (mark_mt).</summary>
internal sealed class MarkMatchMeaning : XtMatchMeaning<MarkMatch>
{
    protected override void Compile(MarkMatch match, RuleBuilder rule)
    {
        XtTests.Mark(rule, PacketField.Mark, match.Mark, match.Mask, match.IsInverted);
    }
}
