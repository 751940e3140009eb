using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Explaining;

/// <summary>The own address that packets to another machine come from, as the kernel chooses it.</summary>
/// <param name="Addresses">The address, or those of which it is one; <c>null</c> when none is known.</param>
/// <param name="IsSure">Whether packets surely come from all of these: there is no choice, or none that can be told beforehand.</param>
internal sealed record OwnSource(IntervalSet? Addresses, bool IsSure)
{
    /// <summary>The address in words; <c>null</c> where it is one of several.</summary>
    internal string? Text { get; private init; }

    /// <summary>
    /// The one asked about, the route's, or the interface's next to the next hop (inet_select_addr of net/ipv4/devinet.c). IPv6 takes one
    /// of the interface before all others (rule 5 of RFC 6724); which of several is not told here.
    /// </summary>
    internal static OwnSource Of(ExplainQuestion question, InternetAddress destination, RouteOutcome route, HostFacts host)
    {
        var isIPv4 = destination.IsIPv4;
        if (question.From is { Addresses: { } asked } from)
        {
            var mine = Set(host.Addresses.Where(a => a.Address.IsIPv4 == isIPv4 && asked.Contains(a.Address.Number)));
            return new OwnSource(mine.IsEmpty ? asked : mine, true) { Text = from.AddressText };
        }

        if (route.Source is { } preferred)
        {
            return Single(preferred, route.Interfaces.Count < 2);
        }

        if (route.Kind == HostRouteKind.Local)
        {
            return Single(destination, true);
        }

        var isOnLink = destination.IsLinkLocal;
        var own = host.Addresses.Where(
            a => route.Interfaces.Contains(a.InterfaceIndex) && a.Address.IsIPv4 == isIPv4 && (isIPv4 || a.Address.IsLinkLocal == isOnLink))
            .ToList();
        if (own is [var only])
        {
            return Single(only.Address, route.Interfaces.Count == 1);
        }

        var next = route.Gateway ?? destination;
        return isIPv4 && route.Interfaces.Count == 1
            && own.Find(a => IntervalSet.Prefix(a.Address.Number, a.PrefixLength, 32).Contains(next.Number)) is { } near
            ? Single(near.Address, true)
            : own.Count > 0 ? new OwnSource(Set(own), false)
            : new OwnSource(null, false);
    }

    private static OwnSource Single(InternetAddress address, bool isSure) =>
        new(IntervalSet.Of(address.Number), isSure) { Text = address.ToString() };

    private static IntervalSet Set(IEnumerable<HostAddress> addresses) =>
        IntervalSet.From(addresses.Select(a => new Interval(a.Address.Number, a.Address.Number)));
}
