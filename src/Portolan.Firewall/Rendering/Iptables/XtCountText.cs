using System.Globalization;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary>Matches of x_tables that count, as iptables-save writes them.</summary>
internal static class XtCountText
{
    /// <summary><c>-m recent --update --seconds 60 --hitcount 4 --name ssh --mask 255.255.255.255 --rsource</c>.</summary>
    public static string Recent(RecentMatch match, RuleFamily family)
    {
        var text = new StringBuilder("-m recent ").Append(IptablesWords.Not(match.IsInverted));
        text.Append(
            match.Action.HasFlag(RecentAction.Set) ? "--set"
            : match.Action.HasFlag(RecentAction.Update) ? "--update"
            : match.Action.HasFlag(RecentAction.Remove) ? "--remove" : "--rcheck");
        text.Append(CultureInfo.InvariantCulture, $"{(match.Seconds == 0 ? "" : $" --seconds {match.Seconds}")}");
        text.Append(match.Action.HasFlag(RecentAction.Reap) ? " --reap" : "");
        text.Append(CultureInfo.InvariantCulture, $"{(match.HitCount == 0 ? "" : $" --hitcount {match.HitCount}")}");
        text.Append(match.Action.HasFlag(RecentAction.TimeToLive) ? " --rttl" : "");
        var isIPv6 = family == RuleFamily.Ip6;
        var mask = InternetAddress.FromNumber(isIPv6 ? match.Mask : match.Mask >> 96, !isIPv6);
        return text.Append($" --name {IptablesWords.Word(match.Name)} --mask {mask} {(match.ByDestination ? "--rdest" : "--rsource")}")
            .ToString();
    }

    /// <summary><c>-m hashlimit --hashlimit-above 3/min --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name ssh</c>.</summary>
    public static string HashLimit(HashLimitMatch match, RuleFamily family)
    {
        var whole = family == RuleFamily.Ip6 ? 128 : 32;
        var text = new StringBuilder($"-m hashlimit --hashlimit-{(match.IsAbove ? "above" : "upto")} ");
        if (match.IsBytes)
        {
            text.Append(Bytes(match.Interval));
        }
        else
        {
            text.Append(Rate(match.Interval, match.TicksPerSecond));
            text.Append(CultureInfo.InvariantCulture, $" --hashlimit-burst {match.Burst}");
        }

        (HashLimitKeys Key, string Word)[] keys =
        [
            (HashLimitKeys.Source, "srcip"), (HashLimitKeys.SourcePort, "srcport"), (HashLimitKeys.Destination, "dstip"),
            (HashLimitKeys.DestinationPort, "dstport"),
        ];
        var mode = string.Join(',', keys.Where(k => match.Keys.HasFlag(k.Key)).Select(static k => k.Word));
        text.Append(mode.Length == 0 ? "" : $" --hashlimit-mode {mode}").Append($" --hashlimit-name {IptablesWords.Word(match.Name)}");
        AppendPrefix("src", HashLimitKeys.Source, match.SourcePrefixLength);
        AppendPrefix("dst", HashLimitKeys.Destination, match.DestinationPrefixLength);
        return text.ToString();

        void AppendPrefix(string end, HashLimitKeys key, int length)
        {
            if (match.Keys.HasFlag(key) && length != whole)
            {
                text.Append(CultureInfo.InvariantCulture, $" --hashlimit-{end}mask {length}");
            }
        }
    }

    /// <summary><c>-m connlimit --connlimit-above 20 --connlimit-mask 24 --connlimit-saddr</c>.</summary>
    public static string ConnectionCount(ConnectionCountMatch match) => string.Create(
        CultureInfo.InvariantCulture,
        $"-m connlimit --connlimit-{(match.IsUpTo ? "upto" : "above")} {match.Limit} --connlimit-mask {match.PrefixLength} ")
        + (match.ByDestination ? "--connlimit-daddr" : "--connlimit-saddr");

    // What is kept is the share of the largest number that sixteen bytes cost (cost_to_bytes of libxt_hashlimit.c).
    private static string Bytes(ulong cost)
    {
        var bytes = (Math.Max(1, cost == 0 ? uint.MaxValue : uint.MaxValue / cost) - 1) << 4;
        var (size, name) = bytes == 0 ? (1UL, "")
            : bytes % (1024 * 1024) == 0 ? (1024UL * 1024, "m")
            : bytes % 1024 == 0 ? (1024UL, "k") : (1UL, "");
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{name}b/s");
    }

    /// <summary>A rate in the largest unit that fits: <c>3/min</c>.</summary>
    /// <param name="interval">Ticks between two packets on average.</param>
    /// <param name="ticksPerSecond">Ticks of a second.</param>
    public static string Rate(ulong interval, ulong ticksPerSecond)
    {
        (string Name, ulong Ticks)[] units =
        [
            ("sec", ticksPerSecond), ("min", 60 * ticksPerSecond), ("hour", 3600 * ticksPerSecond), ("day", 86_400 * ticksPerSecond),
        ];
        foreach (var (name, ticks) in units)
        {
            if (interval > 0 && ticks >= interval && (ticks % interval == 0 || ticks / interval >= ticks % interval))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{ticks / interval}/{name}");
            }
        }

        return interval == 0
            ? "0/sec"
            : string.Create(CultureInfo.InvariantCulture, $"{units[^1].Ticks / Math.Min(interval, units[^1].Ticks)}/day");
    }
}
