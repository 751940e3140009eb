using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>Reads <c>http</c> and <c>https</c> URLs (RFC 3986, RFC 9110 section 4.2).</summary>
internal static class UrlTargets
{
    private static readonly CheckTargetProblem NotSent = new(
        "a user in a URL is not sent", $"leave out the part before the @: other users can see a password on a command line");

    public static bool TryParse(string text, out CheckTarget target, out CheckTargetProblem problem)
    {
        target = null!;
        var start = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = text.AsSpan(start).IndexOfAny("/?#");
        var authority = end < 0 ? text[start..] : text[start..(start + end)];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            problem = NotSent;
            return false;
        }

        if (authority.Length == 0)
        {
            problem = new("no host", $"write https://HOST/PATH");
            return false;
        }

        if (!HostText.TryParse(authority, out var host, out problem))
        {
            // "https://user:pass/word@host": what would be quoted as a port is a password.
            problem = text.Contains('@', StringComparison.Ordinal) ? NotSent : problem;
            return false;
        }

        var scheme = text.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? CheckScheme.Https : CheckScheme.Http;
        var path = end < 0 ? "/" : text[(start + end)..];
        // The framework's parser escapes what must be escaped; the host is ours, so that a name is checked by the same rules everywhere.
        if (text.AsSpan().ContainsAnyInRange('\0', ' ')
            || !Uri.TryCreate($"http://host{(path[0] == '/' ? "" : "/")}{path}", UriKind.Absolute, out var uri))
        {
            problem = new("this is not a URL", $"write https://HOST/PATH, with spaces as %20");
            return false;
        }

        target = new CheckTarget(
            text, scheme, host.Name, host.Port ?? new PortNumber(scheme == CheckScheme.Https ? (ushort)443 : (ushort)80))
        {
            Address = host.Address,
            Scope = host.Scope,
            Path = uri.PathAndQuery,
        };
        return true;
    }
}
