using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Ports of UDP (udp_mt).</summary>
internal sealed class UdpMeaning : XtMatchMeaning<UdpMatch>
{
    protected override void Compile(UdpMatch match, RuleBuilder rule)
    {
        XtTests.Port(rule, PacketField.SourcePort, match.Source);
        XtTests.Port(rule, PacketField.DestinationPort, match.Destination);
    }
}
