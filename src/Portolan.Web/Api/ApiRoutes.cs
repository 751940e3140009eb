namespace Portolan.Web.Api;

/// <summary>The routes of the API, by what they are about.</summary>
internal static class ApiRoutes
{
    /// <summary>All of them.</summary>
    /// <param name="access">About the server and the session.</param>
    /// <param name="ports">About ports.</param>
    /// <param name="events">The stream of events.</param>
    internal static IReadOnlyList<Route> All(AccessRoutes access, PortRoutes ports, EventRoutes events) =>
        [.. access.All, .. ports.All, .. events.All];
}
