namespace Portolan.Scan.Checking;

/// <summary>Where an answer sends the client.</summary>
internal static class RedirectTargets
{
    /// <summary>Resolves a <c>Location</c> against the URL it came from (RFC 9110 section 10.2.2). The text is the server's.</summary>
    public static bool TryResolve(CheckTarget from, string location, out CheckTarget target, out string problem)
    {
        target = null!;
        problem = "";
        if (!Uri.TryCreate(from.Url, UriKind.Absolute, out var origin) || !Uri.TryCreate(origin, location, out var resolved))
        {
            problem = $"the server redirects to {location}, which is not a URL";
            return false;
        }

        if (resolved.Scheme is not ("http" or "https"))
        {
            problem = $"the server redirects to {location}, which is not followed: it is neither http nor https";
            return false;
        }

        if (!UrlTargets.TryParse(resolved.AbsoluteUri, out target, out var reason))
        {
            problem = $"the server redirects to {location}: {reason.Reason}";
            return false;
        }

        return true;
    }
}

/// <summary>A redirect that was not followed.</summary>
/// <param name="Location">Where the server sent the client; text from outside.</param>
public sealed record HttpRedirectStep(string Location) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "redirect";
}
