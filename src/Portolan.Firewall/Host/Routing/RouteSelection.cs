namespace Portolan.Firewall.Host.Routing;

/// <summary>Which routes of a table a lookup may use.</summary>
/// <param name="Device">Index of the interface asked for, 0 for any.</param>
/// <param name="IsStrict">Whether other interfaces are passed over; else, of equal routes, those of the interface come first
/// (RT6_LOOKUP_F_IFACE).</param>
/// <param name="Vrf">Index of the VRF whose interfaces alone count, 0 for any.</param>
internal readonly record struct RouteSelection(int Device, bool IsStrict, int Vrf);

/// <summary>A route that a lookup may end at, with the next hops that are left to it.</summary>
/// <param name="Route">The route.</param>
/// <param name="Interfaces">Interfaces that are left.</param>
/// <param name="IsOneOfSeveral">Whether other routes are as good, so that these are the interfaces of all.</param>
internal sealed record RouteCandidate(HostRoute Route, IReadOnlyList<int> Interfaces, bool IsOneOfSeveral)
{
    /// <summary>Whether it fits any packet to its prefix.</summary>
    internal bool IsUnconditional => Route.TypeOfService == 0 && Route.From is null;

    /// <summary>Why the kernel may not end here, or <c>null</c>.</summary>
    internal string? Doubt { get; init; }
}
