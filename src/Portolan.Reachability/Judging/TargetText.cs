using System.Globalization;
using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Judging;

/// <summary>Where a translation leads, in words.</summary>
public static class TargetText
{
    private const int Shown = 3;

    /// <summary>Such as <c>172.17.0.2:5432</c>, <c>10.0.0.1-10.0.0.5:8000-8010</c>, or <c>port 8080</c> of this machine.</summary>
    /// <param name="translation">The translation.</param>
    /// <param name="port">The port before it.</param>
    public static string Of(Translation translation, PortNumber port)
    {
        // Which of a map's targets it is depends on what is not in the packet; but they are known.
        if ((translation.Ports is not null || translation.Address is null) && translation.Rule is { Rule: { } rule } reference
            && TranslationTargets.Of(reference.Table, rule) is { Count: > 0 } targets)
        {
            return string.Join(" or ", targets.Take(Shown))
                + (targets.Count > Shown ? string.Create(CultureInfo.InvariantCulture, $" or {targets.Count - Shown} more") : "");
        }

        var ports = translation.Ports is { } several ? List(several, static number => number.ToString(CultureInfo.InvariantCulture))
            : (translation.Port ?? port.Value).ToString(CultureInfo.InvariantCulture);
        var isIPv4 = translation.Rule.Table.Family != RuleFamily.Ip6;
        return translation switch
        {
            { Address: { } address } => $"{Text(address)}:{ports}",
            { Addresses: { } addresses } => $"{List(addresses, number => Text(Address(number, addresses, isIPv4)))}:{ports}",
            _ when translation.Ports is { Count: > 0 } => $"one of the ports {ports}",
            _ => $"port {ports}",
        };
    }

    private static string Text(InternetAddress address) => address.IsIPv4 ? address.ToString() : $"[{address}]";

    // A set of addresses does not tell its family; a large number does.
    private static InternetAddress Address(UInt128 number, IntervalSet all, bool mayBeIPv4) =>
        InternetAddress.FromNumber(number, mayBeIPv4 && all.Intervals[^1].Last <= uint.MaxValue);

    private static string List(IntervalSet numbers, Func<UInt128, string> text)
    {
        var parts = new List<string>();
        foreach (var interval in numbers.Intervals.Take(Shown))
        {
            parts.Add(interval.First == interval.Last ? text(interval.First) : $"{text(interval.First)}-{text(interval.Last)}");
        }

        return string.Join(" or ", parts)
            + (numbers.Count > Shown ? string.Create(CultureInfo.InvariantCulture, $" or {numbers.Count - Shown} more") : "");
    }
}
