using Portolan.Firewall.Changing;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Sessions;

/// <summary>
/// Whether a connection is one of the machine to itself. Such connections go over loopback, which is always kept open: they prove nothing.
/// </summary>
public static class SelfConnection
{
    /// <summary>Whether the remote address is one of this machine's, by interface or by route.</summary>
    /// <param name="connection">A connection over the network.</param>
    /// <param name="host">The machine's addresses and routes.</param>
    public static bool Is(ChangeOrigin connection, HostFacts host)
    {
        var (local, remote) = (connection.LocalAddress, connection.RemoteAddress);
        if (remote.IsLoopback || local.IsLoopback || remote == local)
        {
            return true;
        }

        if (remote is { IsIPv4: false, IsLinkLocal: true })
        {
            // Such an address is one of a link: a neighbour on another link may have the very same, as routers have fe80::1.
            var links = host.Addresses.Where(a => a.Address == local).Select(a => a.InterfaceIndex).ToHashSet();
            return host.Addresses.Any(a => a.Address == remote && (links.Count == 0 || links.Contains(a.InterfaceIndex)));
        }

        // Routes of the kind local make addresses the machine's own that no interface has.
        return host.Addresses.Any(a => a.Address == remote)
            || new RouteMap(host).Find(
                IntervalSet.Of(remote.Number), new RouteKey(remote.IsIPv4) { Sources = IntervalSet.Of(local.Number) })
                .Any(static p => p.Outcome.Kind == HostRouteKind.Local);
    }
}
