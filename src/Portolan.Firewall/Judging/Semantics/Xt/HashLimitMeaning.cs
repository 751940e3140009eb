using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A rate for each of a kind (hashlimit_mt).</summary>
internal sealed class HashLimitMeaning : XtMatchMeaning<HashLimitMatch>
{
    protected override void Compile(HashLimitMatch match, RuleBuilder rule)
    {
        rule.Scope = match.Keys.HasFlag(HashLimitKeys.SourcePort) ? LimitScope.Other("each address and port of a sender")
            : match.Keys.HasFlag(HashLimitKeys.Source) ? LimitScope.Senders(match.SourcePrefixLength, rule.Context.IsIPv4)
            : match.Keys.HasFlag(HashLimitKeys.Destination) ? LimitScope.Other("each address of this machine") : LimitScope.All;
        var (rate, seconds) = XtRates.Of(match.Interval, match.TicksPerSecond);
        var measure = match.IsBytes
            ? LimitMeasure.Unknown("its rate of bytes")
            : LimitMeasure.Packets(rate, seconds, Math.Max(1, match.Burst));
        rule.Add(new LimitTest(rule.Limit(measure), match.IsAbove));
        rule.Scope = LimitScope.All;
    }
}
