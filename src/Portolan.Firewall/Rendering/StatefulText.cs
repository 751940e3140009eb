using System.Globalization;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering;

/// <summary>Statements that keep a state of their own, in rules, in sets and as objects: counters, limits, quotas.</summary>
internal static class StatefulText
{
    /// <summary>The statement; <c>null</c> for an expression that is none of these.</summary>
    public static string? Of(Expression expression, RuleTextOptions options) => expression switch
    {
        CounterExpression e when options.ShowsState =>
            string.Create(CultureInfo.InvariantCulture, $"counter packets {e.Packets} bytes {e.Bytes}"),
        CounterExpression => "counter",
        LimitExpression e => Limit(e),
        QuotaExpression e => Quota(e, options.ShowsState),
        ConnectionLimitExpression e => string.Create(CultureInfo.InvariantCulture, $"ct count {(e.IsOver ? "over " : "")}{e.Count}"),
        SynProxyExpression e => SynProxy(e),
        LastExpression e =>
            !options.ShowsState ? "last" : e.IsSet ? $"last used {DurationText.Format(e.MillisecondsAgo)}" : "last used never",
        _ => null,
    };

    /// <summary><c>rate over 10/second burst 5 packets</c>; <c>null</c> for a time that nft has no word for.</summary>
    public static string? LimitBody(LimitExpression limit)
    {
        var unit = limit.PerSeconds switch { 1 => "second", 60 => "minute", 3600 => "hour", 86_400 => "day", 604_800 => "week", _ => null };
        if (unit is null)
        {
            return null;
        }

        var over = limit.IsOver ? "over " : "";
        return limit.IsBytes
            ? string.Create(CultureInfo.InvariantCulture, $"rate {over}{limit.Rate} bytes/{unit} burst {limit.Burst} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"rate {over}{limit.Rate}/{unit} burst {limit.Burst} packets");
    }

    /// <summary><c>over 100 bytes used 20 bytes</c>.</summary>
    public static string QuotaBody(QuotaExpression quota, bool showsState)
    {
        var used = showsState && quota.Consumed > 0 ? string.Create(CultureInfo.InvariantCulture, $" used {quota.Consumed} bytes") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(quota.IsOver ? "over " : "")}{quota.Bytes} bytes{used}");
    }

    // NF_SYNPROXY_OPT_* (linux/netfilter/nf_synproxy.h).

    /// <summary><c>mss 1460 wscale 7 timestamp sack-perm</c>.</summary>
    public static string SynProxyBody(SynProxyExpression proxy)
    {
        var words = new List<string>();
        if ((proxy.Flags & 1) != 0)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"mss {proxy.MaximumSegmentSize}"));
        }

        if ((proxy.Flags & 2) != 0)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"wscale {proxy.WindowScale}"));
        }

        if ((proxy.Flags & 8) != 0)
        {
            words.Add("timestamp");
        }

        if ((proxy.Flags & 4) != 0)
        {
            words.Add("sack-perm");
        }

        return string.Join(' ', words);
    }

    private static string? Limit(LimitExpression limit) => LimitBody(limit) is { } body ? $"limit {body}" : null;

    private static string Quota(QuotaExpression quota, bool showsState) => $"quota {QuotaBody(quota, showsState)}";

    private static string SynProxy(SynProxyExpression proxy) => $"synproxy {SynProxyBody(proxy)}".TrimEnd();
}
