using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Portolan.Firewall.Changing;

/// <summary>Which addresses a rule is about: sets of both families.</summary>
/// <param name="V4">IPv4 addresses as numbers.</param>
/// <param name="V6">IPv6 addresses as numbers.</param>
public sealed record AddressChoice(IntervalSet V4, IntervalSet V6)
{
    /// <summary>Every address.</summary>
    public static AddressChoice Any { get; } = new(IntervalSet.All(32), IntervalSet.All(128));

    /// <summary>Whether every address is in it.</summary>
    public bool IsAny => Equals(Any);

    /// <summary>The addresses of a family.</summary>
    public IntervalSet Of(bool isIPv4) => isIPv4 ? V4 : V6;

    /// <summary>Whether every address of this is in the other.</summary>
    public bool IsWithin(AddressChoice other) => V4.Except(other.V4).IsEmpty && V6.Except(other.V6).IsEmpty;

    /// <summary>Whether the two share an address.</summary>
    public bool Overlaps(AddressChoice other) => V4.Overlaps(other.V4) || V6.Overlaps(other.V6);

    /// <summary>Whether an address is in it; an IPv4-mapped one counts as IPv4.</summary>
    public bool Contains(InternetAddress address)
    {
        var real = address.Unmap();
        return Of(real.IsIPv4).Contains(real.Number);
    }

    /// <summary>Reads addresses, prefixes and ranges (<c>192.0.2.1-192.0.2.9</c>) of both families between commas, or <c>any</c>.</summary>
    /// <param name="text">The list.</param>
    /// <param name="choice">What it means.</param>
    /// <param name="error">What is wrong with it, when <c>false</c> is returned.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AddressChoice? choice, [NotNullWhen(false)] out string? error)
    {
        choice = null;
        error = null;
        if (text is "any")
        {
            choice = Any;
            return true;
        }

        var (v4, v6) = (new List<Interval>(), new List<Interval>());
        foreach (var part in text.Split(','))
        {
            var item = part.Trim();
            if (!TryParseItem(item, out var isIPv4, out var interval))
            {
                error = item.Length == 0 ? "the list has an empty entry"
                    : item.Contains('%', StringComparison.Ordinal) ? $"'{item}' is an interface: use --iface"
                    : $"'{item}' is not an address, prefix or range";
                return false;
            }

            (isIPv4 ? v4 : v6).Add(interval);
        }

        choice = new AddressChoice(IntervalSet.From(v4), IntervalSet.From(v6));
        return true;
    }

    /// <summary>The shortest list that reads back the same; <c>any</c> for every address.</summary>
    public override string ToString() => IsAny ? "any" : string.Join(',', Items(true).Concat(Items(false)));

    /// <summary>The items of a family: addresses, prefixes and ranges, as nft writes them too.</summary>
    public IEnumerable<string> Items(bool isIPv4)
    {
        foreach (var interval in Of(isIPv4).Intervals.ToArray())
        {
            yield return Item(interval, isIPv4);
        }
    }

    /// <summary>How many leading bits an interval fixes when it is one prefix, else <c>null</c>.</summary>
    public static int? PrefixLength(Interval interval, int bits)
    {
        var span = interval.Last - interval.First;
        var length = bits - (128 - (int)UInt128.LeadingZeroCount(span));
        return (span & (span + 1)) == 0 && (interval.First & span) == 0 ? length : null;
    }

    private static string Item(Interval interval, bool isIPv4)
    {
        var first = InternetAddress.FromNumber(interval.First, isIPv4);
        var bits = isIPv4 ? 32 : 128;
        var text = new StringBuilder(first.ToString());
        return PrefixLength(interval, bits) switch
        {
            { } length when length == bits => text.ToString(),
            { } length => text.Append(CultureInfo.InvariantCulture, $"/{length}").ToString(),
            null => text.Append(CultureInfo.InvariantCulture, $"-{InternetAddress.FromNumber(interval.Last, isIPv4)}").ToString(),
        };
    }

    private static bool TryParseItem(string item, out bool isIPv4, out Interval interval)
    {
        (isIPv4, interval) = (false, default);
        var slash = item.IndexOf('/', StringComparison.Ordinal);
        var dash = item.IndexOf('-', StringComparison.Ordinal);
        var end = slash >= 0 ? slash : dash >= 0 ? dash : item.Length;
        if (!InternetAddress.TryParse(item.AsSpan(0, end), out var first))
        {
            return false;
        }

        // ::ffff:192.0.2.1 on the wire is IPv4.
        var isMapped = first.IsIPv4Mapped;
        first = first.Unmap();
        isIPv4 = first.IsIPv4;
        if (slash >= 0)
        {
            if (isMapped || !int.TryParse(item.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > first.BitCount)
            {
                return false;
            }

            interval = IntervalSet.Prefix(first.Number, length, first.BitCount).Intervals[0];
            return true;
        }

        var last = first;
        if (dash >= 0
            && (!InternetAddress.TryParse(item.AsSpan(dash + 1), out last) || (last = last.Unmap()).IsIPv4 != first.IsIPv4
                || last.Number < first.Number))
        {
            return false;
        }

        interval = new Interval(first.Number, last.Number);
        return true;
    }
}
