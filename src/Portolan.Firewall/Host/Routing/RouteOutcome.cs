namespace Portolan.Firewall.Host.Routing;

/// <summary>Packets that are routed the same way: every combination of the destinations and sources.</summary>
/// <param name="Destinations">Destination addresses.</param>
/// <param name="Sources">Source addresses; <c>null</c> when none were asked about.</param>
/// <param name="Outcome">Where they go.</param>
public sealed record RoutePiece(IntervalSet Destinations, IntervalSet? Sources, RouteOutcome Outcome);

/// <summary>What a lookup gives.</summary>
/// <param name="Kind">The kind of route; <see cref="HostRouteKind.None"/> when there is none. Never Throw.</param>
public sealed record RouteOutcome(HostRouteKind Kind)
{
    /// <summary>No route.</summary>
    public static RouteOutcome None { get; } = new(HostRouteKind.None);

    /// <summary>The interfaces it may leave by: one; several for a multipath route; none where it does not leave.</summary>
    public IReadOnlyList<int> Interfaces { get; init; } = [];

    /// <summary>The next hop, or the first of several; <c>null</c> on the link itself.</summary>
    public InternetAddress? Gateway { get; init; }

    /// <summary>The source that the route prefers, or <c>null</c>.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>The route that decided; <c>null</c> where a rule did, or nothing.</summary>
    public HostRoute? Route { get; init; }

    /// <summary>The policy rule that decided; <c>null</c> when nothing did.</summary>
    public PolicyRule? Rule { get; init; }

    /// <summary>Why this is only one of the ways it may go; <c>null</c> when it is sure. Completes "the route is not sure: ".</summary>
    public string? Doubt { get; init; }

    /// <summary>Whether both mean the same for a packet.</summary>
    public bool IsSameAs(RouteOutcome other) =>
        Kind == other.Kind && Gateway == other.Gateway && Source == other.Source && Interfaces.SequenceEqual(other.Interfaces);
}
