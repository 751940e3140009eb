using System.Globalization;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A rate for each of a kind (hashlimit_mt).</summary>
internal sealed class HashLimitMeaning : XtMatchMeaning<HashLimitMatch>
{
    protected override void Compile(HashLimitMatch match, RuleBuilder rule)
    {
        var all = rule.Context.IsIPv4 ? 32 : 128;
        rule.Sharing = match.Keys.HasFlag(HashLimitKeys.SourcePort) ? (LimitSharing.Other, "each address and port of a sender")
            : !match.Keys.HasFlag(HashLimitKeys.Source) ? match.Keys.HasFlag(HashLimitKeys.Destination) ? (LimitSharing.Other, "each address of this machine") : (LimitSharing.AllSenders, null)
            : match.SourcePrefixLength >= all ? (LimitSharing.EachSender, null)
            : (LimitSharing.Network, string.Create(CultureInfo.InvariantCulture, $"each /{match.SourcePrefixLength} of senders"));
        var (rate, seconds) = XtRates.Of(match.Interval, match.TicksPerSecond);
        rule.Add(new LimitTest(rule.Limit(match.IsBytes ? "its rate of bytes" : LimitAmount.Packets(rate, seconds)), match.IsAbove));
        rule.Sharing = default;
    }
}
