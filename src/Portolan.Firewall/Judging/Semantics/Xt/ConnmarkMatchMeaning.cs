using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Bits of the mark of the connection (connmark_mt); without one it does not match.</summary>
internal sealed class ConnmarkMatchMeaning : XtMatchMeaning<ConnmarkMatch>
{
    protected override void Compile(ConnmarkMatch match, RuleBuilder rule)
    {
        XtTests.Connection(rule);
        XtTests.Mark(rule, PacketField.ConnectionMark, match.Mark, match.Mask, match.IsInverted);
    }
}
