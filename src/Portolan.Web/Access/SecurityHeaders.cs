using Microsoft.AspNetCore.Http;

namespace Portolan.Web.Access;

/// <summary>Headers that every answer has.</summary>
internal static class SecurityHeaders
{
    /// <summary>
    /// Content Security Policy, level 3: nothing is loaded from elsewhere, no script or style stands in a document, and no page frames this
    /// one.
    /// </summary>
    internal const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>
    /// Adds them. Strict-Transport-Security is not among them: it would hold for every port of the host, and so for other programs.
    /// </summary>
    internal static void AddTo(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.CacheControl = "no-store";
    }
}
