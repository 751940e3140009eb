using System.Globalization;
using Portolan.Firewall.Host;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>
/// What tells two routes, policy rules or interfaces apart, as text: for comparing a rebuilt host with the real one, and for saying where
/// it differs.
/// </summary>
internal static class HostKeys
{
    internal static string Of(HostRoute route) => string.Create(
        CultureInfo.InvariantCulture,
        $"route {route.Kind} {route.Destination}/{route.PrefixLength} table {route.Table} metric {route.Metric} dev "
            + $"{string.Join(',', route.Interfaces)} via {route.Gateway}{Hops(route)} src {route.Source} scope {route.Scope} tos "
            + $"{route.TypeOfService} from {route.From}/{route.FromLength}");

    internal static string Of(PolicyRule rule) => $"{(rule.IsIPv4 ? "" : "IPv6 ")}policy rule {rule}";

    internal static string Of(HostAddress address) => string.Create(
        CultureInfo.InvariantCulture, $"address {address.Address}/{address.PrefixLength} of interface {address.InterfaceIndex}");

    internal static string Of(HostInterface link) => string.Create(
        CultureInfo.InvariantCulture,
        $"interface {link.Index} {link.Name} up {link.IsUp} loopback {link.IsLoopback} group {link.Group} rp_filter "
            + $"{link.ReversePathFilter} accept_local {link.AcceptsLocalSources} send_redirects {link.SendsRedirects} route_localnet "
            + $"{link.RoutesLoopback} src_valid_mark {link.ChecksSourcesByMark} forwarding {link.ForwardsIPv4} {link.ForwardsIPv6} "
            + $"disable_ipv6 {link.HasNoIPv6}");

    private static string Hops(HostRoute route) =>
        route.Hops.Count == 0 ? "" : " hops " + string.Join(' ', route.Hops.Select(static hop => $"{hop.Interface}:{hop.Gateway}"));
}
