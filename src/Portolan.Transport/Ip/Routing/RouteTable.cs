using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>
/// Routes of both families. Of those that match the longest network counts, then the lowest metric, then the oldest. A lookup allocates
/// nothing.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class RouteTable
{
    private readonly Family _v4 = new(32);
    private readonly Family _v6 = new(128);

    internal IEnumerable<IpRoute> All => _v4.All.Concat(_v6.All);

    internal void Add(IpRoute route) => FamilyOf(route.Network).Add(route);

    internal bool Remove(IpRoute route) => FamilyOf(route.Network).Remove(route);

    internal void RemoveOf(IpInterface removed)
    {
        _v4.RemoveOf(removed);
        _v6.RemoveOf(removed);
    }

    /// <summary>Finds the route of a destination.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="only">The interface it must lead over, or <c>null</c>.</param>
    internal IpRoute? Find(InternetAddress destination, IpInterface? only) => FamilyOf(destination).Find(destination.Number, only);

    private Family FamilyOf(InternetAddress address) => address.IsIPv4 ? _v4 : _v6;

    private static bool Serves(IpRoute route, IpInterface? only) =>
        route.Interface is null ? only is null : route.Interface.IsUp && (only is null || route.Interface == only);

    /// <summary>A table for each length that there is; lookups go from the longest down.</summary>
    private sealed class Family(int bits)
    {
        private readonly Dictionary<UInt128, List<IpRoute>>?[] _lengths = new Dictionary<UInt128, List<IpRoute>>?[bits + 1];

        internal IEnumerable<IpRoute> All =>
            _lengths.Where(static l => l is not null).SelectMany(static l => l!.Values).SelectMany(static r => r);

        internal void Add(IpRoute route)
        {
            if (route.Length < 0 || route.Length > bits)
            {
                throw new ArgumentException($"a route's network has 0 to {bits} bits, not {route.Length}", nameof(route));
            }

            var length = _lengths[route.Length] ??= [];
            var key = Key(route.Network.Number, route.Length);
            if (!length.TryGetValue(key, out var routes))
            {
                length.Add(key, routes = []);
            }

            var place = routes.FindIndex(other => other.Metric > route.Metric);
            routes.Insert(place < 0 ? routes.Count : place, route);
        }

        internal bool Remove(IpRoute route)
        {
            var key = Key(route.Network.Number, route.Length);
            if (_lengths[route.Length] is not { } length || !length.TryGetValue(key, out var routes) || !routes.Remove(route))
            {
                return false;
            }

            if (routes.Count == 0)
            {
                length.Remove(key);
            }

            _lengths[route.Length] = length.Count == 0 ? null : length;
            return true;
        }

        internal void RemoveOf(IpInterface removed)
        {
            foreach (var route in All.Where(r => r.Interface == removed).ToArray())
            {
                Remove(route);
            }
        }

        internal IpRoute? Find(UInt128 destination, IpInterface? only)
        {
            for (var length = bits; length >= 0; length--)
            {
                if (_lengths[length] is not { } table || !table.TryGetValue(Key(destination, length), out var routes))
                {
                    continue;
                }

                foreach (var route in routes)
                {
                    if (Serves(route, only))
                    {
                        return route;
                    }
                }
            }

            return null;
        }

        private UInt128 Key(UInt128 number, int length) => length == 0 ? 0 : number >> (bits - length);
    }
}
