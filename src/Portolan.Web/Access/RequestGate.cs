using Microsoft.AspNetCore.Http;
using Portolan.Web.Api;

namespace Portolan.Web.Access;

/// <summary>
/// What every request passes before anything is looked at: its host, its method, and whether another site made the browser send it.
/// </summary>
/// <param name="names">The names of this server.</param>
internal sealed class RequestGate(AllowedHosts names)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "DELETE"];

    /// <summary>Lets a request pass.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isApi">Whether it is for the API: the page itself is public, and links to it may stand anywhere.</param>
    /// <exception cref="ApiError">It is refused.</exception>
    internal void Check(HttpRequest request, bool isApi)
    {
        var local = request.HttpContext.Connection.LocalIpAddress;
        if (!names.Knows(request.Host.Value ?? "", local))
        {
            throw new ApiError(
                421, "unknown-host", "This server has another name than the address in the browser.",
                "Use the address that portolan serve printed, or start it with --host NAME.");
        }

        if (!Methods.Contains(request.Method))
        {
            throw new ApiError(405, "bad-method", "The methods are GET, POST and DELETE.");
        }

        if (!isApi)
        {
            return;
        }

        // Fetch Metadata (W3C): same-site is another port of this host, which is another program.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is not ("" or "same-origin" or "none"))
        {
            throw new ApiError(403, "cross-site", "Another site sent this request.");
        }

        if (request.Headers.Origin.ToString() is { Length: > 0 } origin && !names.IsOwnOrigin(origin, local))
        {
            throw new ApiError(403, "cross-origin", "A page of another origin sent this request.");
        }
    }
}
