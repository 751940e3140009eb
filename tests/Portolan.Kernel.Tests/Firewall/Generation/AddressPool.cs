using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Addresses, prefixes and ranges of rules. It remembers their borders, where packets show most.</summary>
internal sealed class AddressPool(Dice dice)
{
    private static readonly string[] Outsiders4 =
    [
        "198.18.0.1", "198.18.0.9", "198.18.1.5", "198.18.1.77", "198.19.3.4", "203.0.113.7", "203.0.113.200", "192.0.2.1",
        "198.51.100.9", "198.18.2.2", "1.0.0.1", "126.255.255.255", "128.0.0.0", "223.255.255.255", "250.1.1.1", "255.255.255.254",
    ];

    private static readonly string[] Outsiders6 =
    [
        "2001:db8::1", "2001:db8::9", "2001:db8:1::5", "2001:db8:1:7::1", "2001:db8:ffff::7", "2001:db8:8000::1", "2001:db8:2::2",
        "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::", "3fff::1", "2000::", "fd00::5",
    ];

    /// <summary>Addresses at or just beyond a border that a rule has.</summary>
    public List<InternetAddress> Borders { get; } = [];

    /// <summary>An address of some outsider.</summary>
    public InternetAddress Outsider(bool is4) => Parse(dice.Of<string>(is4 ? Outsiders4 : Outsiders6));

    /// <summary>An address of the target.</summary>
    public InternetAddress Own(bool is4) => OneOf(RefereeLab.TargetAddresses, is4);

    /// <summary>An address of the host behind.</summary>
    public InternetAddress Behind(bool is4) => OneOf(RefereeLab.BehindAddresses, is4);

    /// <summary>Numbers of an interval for a rule about senders, or about destinations.</summary>
    public (UInt128 First, UInt128 Last) Interval(bool is4, bool isSource)
    {
        var bits = is4 ? 32 : 128;
        var seed = (isSource ? Outsider(is4) : dice.Percent(60) ? Own(is4) : dice.Percent(60) ? Behind(is4) : Outsider(is4)).Number;
        var all = is4 ? uint.MaxValue : UInt128.MaxValue;
        (UInt128 First, UInt128 Last) interval;
        switch (dice.Next(10))
        {
            case < 3:
                interval = (seed, seed);
                break;
            case < 7:
                var host =
                    all >> dice.Of<int>(is4 ? [1, 8, 15, 16, 23, 24, 24, 27, 28, 30, 31] : [1, 16, 31, 32, 33, 48, 64, 96, 112, 127]);
                interval = (seed & ~host & all, seed | host);
                break;
            case < 9:
                var span = is4
                    ? (UInt128)(uint)dice.Of(1, 2, 5, 70, 300, 70_000)
                    : (UInt128)(ulong)dice.Of(1, 3, 90, 70_000) << dice.Of(0, 0, 16, 64);
                interval = (seed, all - seed < span ? all : seed + span);
                break;
            default:
                interval = dice.Percent(50) ? (0, seed) : (seed, all);
                break;
        }

        _ = bits;
        Remember(interval.First, is4);
        Remember(interval.Last, is4);
        if (interval.First > 0)
        {
            Remember(interval.First - 1, is4);
        }

        if (interval.Last < all)
        {
            Remember(interval.Last + 1, is4);
        }

        return interval;
    }

    /// <summary>Up to so many intervals that do not overlap; some touch.</summary>
    public List<(UInt128 First, UInt128 Last)> Disjoint(bool is4, bool isSource, int count)
    {
        var result = new List<(UInt128 First, UInt128 Last)>();
        for (var i = 0; i < count; i++)
        {
            var next = result.Count > 0 && dice.Percent(15) && result[^1].Last < (is4 ? uint.MaxValue : UInt128.MaxValue)
                ? (result[^1].Last + 1, result[^1].Last + 1)
                : Interval(is4, isSource);
            if (!result.Exists(o => next.Item1 <= o.Last && o.First <= next.Item2))
            {
                result.Add(next);
            }
        }

        return result;
    }

    /// <summary>How nft writes an interval: an address, a prefix or a range.</summary>
    public static string Text((UInt128 First, UInt128 Last) interval, bool is4)
    {
        var first = InternetAddress.FromNumber(interval.First, is4);
        if (interval.First == interval.Last)
        {
            return first.ToString();
        }

        var size = interval.Last - interval.First;
        var isPrefix = (size & (size + 1)) == 0 && (interval.First & size) == 0;
        if (!isPrefix)
        {
            return $"{first}-{InternetAddress.FromNumber(interval.Last, is4)}";
        }

        var length = (is4 ? 32 : 128) - (int)UInt128.PopCount(size);
        return $"{first}/{length}";
    }

    private void Remember(UInt128 number, bool is4) => Borders.Add(InternetAddress.FromNumber(number, is4));

    private InternetAddress OneOf(string[] addresses, bool is4)
    {
        var fitting = addresses.Where(a => a.Contains(':', StringComparison.Ordinal) != is4).ToArray();
        return Parse(dice.Of<string>(fitting));
    }

    private static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
