using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A number of connections (connlimit_mt). The connection that a packet begins counts.</summary>
internal sealed class ConnectionCountMeaning : XtMatchMeaning<ConnectionCountMatch>
{
    protected override void Compile(ConnectionCountMatch match, RuleBuilder rule)
    {
        if (match.Limit == 0)
        {
            if (match.IsUpTo)
            {
                rule.Break();
            }

            return;
        }

        rule.Scope = !match.ByDestination ? LimitScope.Senders(match.PrefixLength, rule.Context.IsIPv4)
            : match.PrefixLength == 0 ? LimitScope.All
            : LimitScope.Other("each address of this machine");
        ConnectionLimitSemantics.Add(rule, match.Limit, isOver: !match.IsUpTo);
        rule.Scope = LimitScope.All;
    }
}
