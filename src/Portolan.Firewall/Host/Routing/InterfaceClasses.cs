namespace Portolan.Firewall.Host.Routing;

/// <summary>Interfaces that routing treats alike for what arrives on them, but for routes that lead out of them.</summary>
/// <remarks>A host with a thousand virtual cables has mostly one class: what is looked up for one of them is true of all.</remarks>
internal sealed class InterfaceClasses
{
    private readonly Dictionary<int, InterfaceClass> _classes = [];
    private readonly List<InterfaceClass> _all = [];

    internal InterfaceClasses(RouteMap map)
    {
        var named = map.Facts.PolicyRules.Where(static r => r.InputInterface is not null).Select(static r => r.InputInterface!).ToHashSet(
            StringComparer.Ordinal);
        var addressed = map.Facts.Addresses.Where(static a => a.Address.IsIPv4).Select(static a => a.InterfaceIndex).ToHashSet();
        var testsTunnels = map.Facts.PolicyRules.Any(static r => r.TunnelId is not null);
        var groups = new Dictionary<Key, List<HostInterface>>();
        foreach (var device in map.Facts.Interfaces)
        {
            var key = new Key(
                device.IsLoopback,
                device.RoutesLoopback,
                device.ReversePathFilter,
                device.AcceptsLocalSources,
                device.SendsRedirects,
                device.ChecksSourcesByMark,
                device.ForwardsIPv4,
                device.ForwardsIPv6,
                device.HasNoIPv6,
                map.VrfOf(device.Index),
                addressed.Contains(device.Index),
                testsTunnels && device.MayHandOnTunnels,
                named.Contains(device.Name) || map.IsPreferred(device.Index) ? device.Index : 0);
            if (!groups.TryGetValue(key, out var alike))
            {
                groups.Add(key, alike = []);
            }

            alike.Add(device);
        }

        foreach (var (key, alike) in groups)
        {
            var found = new InterfaceClass(
                alike[0], IntervalSet.From(alike.Select(static d => new Interval((uint)d.Index, (uint)d.Index))), key.HasIPv4Address);
            _all.Add(found);
            foreach (var device in alike)
            {
                _classes[device.Index] = found;
            }
        }
    }

    /// <summary>The classes of some interfaces; interfaces that do not exist are in none.</summary>
    internal IEnumerable<InterfaceClass> Of(IntervalSet interfaces)
    {
        if (interfaces.Count == 1 && interfaces.Intervals[0] is var only && only.First == only.Last)
        {
            return _classes.TryGetValue((int)only.First, out var found) ? [found] : [];
        }

        return _all.Where(c => c.Interfaces.Overlaps(interfaces));
    }

    private readonly record struct Key(
        bool IsLoopback,
        bool RoutesLoopback,
        int ReversePathFilter,
        bool AcceptsLocalSources,
        bool SendsRedirects,
        bool ChecksSourcesByMark,
        bool ForwardsIPv4,
        bool ForwardsIPv6,
        bool HasNoIPv6,
        int Vrf,
        bool HasIPv4Address,
        bool MayHandOnTunnels,
        int Own);
}

/// <summary>Interfaces that routing treats alike.</summary>
/// <param name="Settings">One of them, which stands for all.</param>
/// <param name="Interfaces">Their indexes.</param>
/// <param name="HasIPv4Address">Whether they have an address of IPv4 each.</param>
internal sealed record InterfaceClass(HostInterface Settings, IntervalSet Interfaces, bool HasIPv4Address);
