using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>What the routes of the API answer from.</summary>
/// <param name="Open">Makes the acquirers of this machine, for one question.</param>
/// <param name="Charts">What reads its ports for all.</param>
/// <param name="Sockets">What lists its sockets for all.</param>
/// <param name="Traffic">What counts traffic for all.</param>
/// <param name="Services">The registry of services.</param>
/// <param name="Hub">Events.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="History">What was stored of it earlier.</param>
/// <param name="Fleet">A fleet, or <c>null</c>.</param>
internal sealed record ApiSources(
    Func<Machine> Open, ChartFeed Charts, SocketFeed Sockets, TrafficFeed Traffic, ServiceRegistry Services, EventHub Hub,
    string Bundle, StoredHistory History, FleetSource? Fleet);

/// <summary>The routes of the API, by what they are about.</summary>
internal static class ApiRoutes
{
    /// <summary>All of them.</summary>
    /// <param name="access">Those about the server and the session.</param>
    /// <param name="sources">What the others answer from.</param>
    /// <param name="ending">Ends streams.</param>
    internal static IReadOnlyList<ApiRoute> All(AccessRoutes access, ApiSources sources, CancellationToken ending) =>
    [
        .. access.All,
        .. new PortRoutes(sources.Charts, sources.Open, sources.History).All,
        .. new SocketRoutes(sources.Sockets).All,
        .. new TrafficRoutes(sources.Traffic, sources.Services).All,
        .. new MachineRoutes(sources.Open).All,
        .. new LookupRoutes(sources.Services).All,
        .. new HistoryRoutes(sources.History).All,
        .. new CheckRoutes(sources.Open, sources.Fleet).All,
        .. new FleetRoutes(sources.Fleet).All,
        .. new ChangeRoutes(sources.Open).All,
        .. new EventRoutes(sources.Charts, sources.Hub, sources.Bundle, ending).All,
    ];
}
