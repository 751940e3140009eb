using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The state of the connection (state_mt).</summary>
internal sealed class StateMeaning : XtMatchMeaning<StateMatch>
{
    protected override void Compile(StateMatch match, RuleBuilder rule)
    {
        XtTests.States(rule, match.States, isInverted: false);
    }
}
