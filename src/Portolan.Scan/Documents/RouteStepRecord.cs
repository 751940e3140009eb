using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>How this host would reach each address.</summary>
public sealed record RouteStepRecord : CheckStepRecord
{
    internal RouteStepRecord(RouteStep step)
        : base(step) => Routes = step.Routes.Select(RouteRecord.Of);

    /// <summary>In the order in which the addresses are tried.</summary>
    public IEnumerable<RouteRecord> Routes { get; }
}

/// <summary>The way to one address; without a route everything but the address and the problem is <c>null</c>.</summary>
/// <param name="Address">The destination.</param>
/// <param name="Interface">The outgoing interface. Hostile text.</param>
/// <param name="Source">This host's address towards it.</param>
/// <param name="Gateway">The next hop; <c>null</c> when the destination is on the link itself.</param>
/// <param name="Local">Whether the destination is this host.</param>
/// <param name="Mtu">The most bytes of an IP packet.</param>
/// <param name="Problem">Why there is none, or <c>null</c>.</param>
public sealed record RouteRecord(
    string Address, string? Interface, string? Source, string? Gateway, bool? Local, int? Mtu, string? Problem)
{
    /// <summary>A route as documents have it.</summary>
    public static RouteRecord Of(AddressRoute found)
    {
        ArgumentNullException.ThrowIfNull(found);
        var route = found.Answer.Route;
        return new RouteRecord(
            found.Address.ToString(), route?.InterfaceName, route?.Source.ToString(), route?.Gateway?.ToString(), route?.IsLocal,
            route?.Mtu, found.Answer.Problem);
    }
}
