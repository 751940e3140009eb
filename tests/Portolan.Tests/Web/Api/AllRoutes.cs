using Portolan.Web.Api;

namespace Portolan.Tests.Web.Api;

/// <summary>The routes of the API, to look at: their handlers have nothing to answer from.</summary>
internal static class AllRoutes
{
    internal static IReadOnlyList<ApiRoute> Get() =>
        ApiRoutes.All(new AccessRoutes(null!, null!), new ApiSources(null!, null!, null!, null!, null!, null!, "", null!, null), default);
}
