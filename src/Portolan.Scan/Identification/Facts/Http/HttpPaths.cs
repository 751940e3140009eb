using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// Paths that a server names: what it redirects to, where its icon is. Only those on the same host and port are asked for.
/// </summary>
internal static class HttpPaths
{
    /// <summary>The longest path that is asked for.</summary>
    public const int MaxLength = 512;

    /// <summary>The request for such a path.</summary>
    public static ServiceProbe Probe { get; } =
        new("HTTP GET of a path from the server", "/PATH", static (target, path) => HttpProtocol.Request(target, path));

    /// <summary>
    /// The path of an address that a server named, as seen from a page; <c>null</c> where it leads elsewhere, or is nothing to ask for.
    /// </summary>
    /// <param name="target">The port.</param>
    /// <param name="isSecure">It is inside TLS.</param>
    /// <param name="from">The page's own path.</param>
    /// <param name="address">The address: a URL, a path, or a path from where the page is (RFC 3986 section 4.2).</param>
    public static string? Local(ServiceTarget target, bool isSecure, string from, string address)
    {
        if (address.Length == 0)
        {
            return null;
        }

        var path = address;
        if (address.Contains("://", StringComparison.Ordinal) || address.StartsWith("//", StringComparison.Ordinal))
        {
            var whole = address[0] == '/' ? $"{(isSecure ? "https" : "http")}:{address}" : address;
            if (!Uri.TryCreate(whole, UriKind.Absolute, out var url)
                || url.Scheme != (isSecure ? "https" : "http") || url.Port != target.Port.Value || !IsHost(target, url.Host))
            {
                return null;
            }

            path = url.PathAndQuery;
        }
        else if (!address.StartsWith('/'))
        {
            // "data:", "javascript:" and their like are none.
            if (address.AsSpan().IndexOf(':') is >= 0 and var colon && !address.AsSpan(0, colon).Contains('/'))
            {
                return null;
            }

            path = from[..(from.LastIndexOf('/') + 1)] + address;
        }

        var fragment = path.IndexOf('#', StringComparison.Ordinal);
        path = fragment < 0 ? path : path[..fragment];
        return path.Length is > 0 and <= MaxLength && path[0] == '/' && path.All(static one => one is > ' ' and < (char)0x7F) ? path : null;
    }

    private static bool IsHost(ServiceTarget target, string host) =>
        string.Equals(host, target.Host, StringComparison.OrdinalIgnoreCase)
            || string.Equals(host.Trim('[', ']'), target.Socket.Address.ToString(), StringComparison.OrdinalIgnoreCase);
}
