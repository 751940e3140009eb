using System.Globalization;
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

        var all = rule.Context.IsIPv4 ? 32 : 128;
        rule.Sharing = match.ByDestination ? (LimitSharing.Other, "each address of this machine")
            : match.PrefixLength == 0 ? (LimitSharing.AllSenders, null)
            : match.PrefixLength == all ? (LimitSharing.EachSender, null)
            : (LimitSharing.Network, string.Create(CultureInfo.InvariantCulture, $"each /{match.PrefixLength} of senders"));
        ConnectionLimitSemantics.Add(rule, match.Limit, isOver: !match.IsUpTo, match.ByDestination ? null : match.PrefixLength);
        rule.Sharing = default;
    }
}
