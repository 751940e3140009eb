using System.Globalization;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>Routes about the fleet that the server was given.</summary>
/// <param name="fleet">The fleet, or <c>null</c>.</param>
internal sealed class FleetRoutes(FleetSource? fleet)
{
    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/fleet", Scope.Read, "How the fleet stands as portolan.fleet/1, its agents, its newest jobs.", ShowAsync)
        { AnswerType = typeof(FleetPage) },
        new(
            "GET", "/api/fleet/jobs/{job}", Scope.Read,
            "A job of the fleet: counts and open ports by zone, and what differs between zones.", ShowJobAsync)
        { AnswerType = typeof(FleetJobPage) },
    ];

    /// <summary>The fleet.</summary>
    /// <exception cref="ApiError">The server has none.</exception>
    internal static FleetSource Require(FleetSource? fleet) => fleet ?? throw ApiError.NotFound(
        "no-fleet", "This server shows no fleet.", "Start it with portolan serve --fleet-config FILE; docs/fleet.md says what is in FILE.");

    private async Task ShowAsync(ApiExchange exchange) =>
        await exchange.AnswerAsync(await Require(fleet).ReadAsync(exchange.Aborted), FleetPages.Default.FleetPage);

    private async Task ShowJobAsync(ApiExchange exchange)
    {
        var source = Require(fleet);
        var page = exchange.Http.Request.RouteValues["job"] is string text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? await source.JobAsync(id, exchange.Aborted) : null;
        await exchange.AnswerAsync(
            page ?? throw ApiError.NotFound("no-such-job", "No job has this number.", "GET /api/fleet lists the newest."),
            FleetPages.Default.FleetJobPage);
    }
}
