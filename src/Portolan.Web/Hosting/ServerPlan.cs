using Portolan.Web.Access;
using Portolan.Web.Api;

namespace Portolan.Web.Hosting;

/// <summary>What a server serves.</summary>
/// <param name="Listen">Where.</param>
/// <param name="Certificate">Its certificate; <c>null</c> for plain HTTP.</param>
/// <param name="Names">The names by which it may be called.</param>
/// <param name="Access">What decides over access.</param>
/// <param name="Page">The page.</param>
/// <param name="Routes">The routes of the API.</param>
/// <param name="Report">Says an unexpected failure to the person at the server.</param>
internal sealed record ServerPlan(
    ListenAddress Listen, ServerCertificate? Certificate, HostNames Names, AccessControl Access, PageFiles Page,
    IReadOnlyList<Route> Routes, Action<Exception> Report);
