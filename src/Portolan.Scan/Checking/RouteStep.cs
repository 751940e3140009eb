using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Scan.Checking;

/// <summary>How this host would reach each address. Asks nothing on the wire.</summary>
/// <param name="Routes">In the order in which the addresses are tried.</param>
public sealed record RouteStep(IReadOnlyList<AddressRoute> Routes) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "route";
}

/// <summary>The way to one address.</summary>
/// <param name="Address">The destination.</param>
/// <param name="Answer">The route, or why there is none.</param>
public sealed record AddressRoute(InternetAddress Address, RouteAnswer Answer);
