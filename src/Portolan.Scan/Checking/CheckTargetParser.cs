using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// Reads targets: <c>http://…</c>, <c>https://…</c>, <c>tcp://HOST:PORT</c>, <c>udp://HOST:PORT</c>, <c>tls://HOST:PORT</c>,
/// <c>HOST:PORT</c> (TCP), the protocols of <see cref="TcpServices"/> such as <c>smtp://HOST</c>, <c>dns://SERVER[:PORT]/NAME?type=TYPE</c>
/// and <c>dns:NAME?type=TYPE</c> (RFC 4501).
/// </summary>
public static class CheckTargetParser
{
    private static readonly string[] Schemes = ["http", "https", "tcp", "udp", "tls", "dns", .. TcpServices.All.Select(s => s.Name)];

    /// <summary>Reads one target.</summary>
    public static bool TryParse(string text, out CheckTarget target, out CheckTargetProblem problem)
    {
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0)
        {
            // "smtp:mail.example.com" lacks its slashes.
            if (text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
                && Array.IndexOf(Schemes, text[..colon].ToLowerInvariant()) >= 0 && text[..colon] != "dns"
                && text.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
            {
                target = null!;
                problem = new("no // behind the scheme", $"write {text[..colon]}://{text[(colon + 1)..].TrimStart('/')}");
                return false;
            }

            // "dns:53" is port 53 of a host called dns; "dns:example.com" a question.
            return text.StartsWith("dns:", StringComparison.OrdinalIgnoreCase) && text.AsSpan(4).ContainsAnyExceptInRange('0', '9')
                ? DnsTargets.TryParse(text, server: null, text[4..], out target, out problem)
                : TryParseSocket(text, CheckScheme.Tcp, text, out target, out problem);
        }

        var (scheme, rest) = (text[..separator].ToLowerInvariant(), text[(separator + 3)..]);
        switch (scheme)
        {
            case "http" or "https":
                return UrlTargets.TryParse(text, out target, out problem);
            case "tcp" or "udp" or "tls":
                return TryParseSocket(
                    text, scheme switch { "tcp" => CheckScheme.Tcp, "tls" => CheckScheme.Tls, _ => CheckScheme.Udp }, rest, out target,
                    out problem);
            case "dns":
                var slash = rest.IndexOf('/', StringComparison.Ordinal);
                return DnsTargets.TryParse(
                    text, slash < 0 ? rest : rest[..slash], slash < 0 ? "" : rest[(slash + 1)..], out target, out problem);
            case var _ when TcpServices.Find(scheme) is { } service:
                return TryParseService(text, service, rest, out target, out problem);
            default:
                target = null!;
                problem = UnknownScheme(scheme, rest);
                return false;
        }
    }

    /// <summary>A word as it may be shown: without the password of a URL, which would end up in logs.</summary>
    public static string WithoutPassword(string text)
    {
        var begin = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var at = begin < 3 ? -1 : text.LastIndexOf('@');
        var colon = at < 0 ? -1 : text.IndexOf(':', begin);
        return colon >= 0 && colon < at ? $"{text[..(colon + 1)]}***{text[at..]}" : text;
    }

    private static bool TryParseSocket(
        string text, CheckScheme scheme, string socket, out CheckTarget target, out CheckTargetProblem problem)
    {
        target = null!;
        // A link copied with its slash is still a socket; a longer path belongs to HTTP.
        if (!HostText.TryParse(socket.TrimEnd('/'), out var host, out problem))
        {
            return false;
        }

        if (host.Port is not { } port)
        {
            problem = NoPort(host, scheme);
            return false;
        }

        target = new CheckTarget(text, scheme, host.Name, port) { Address = host.Address, Scope = host.Scope };
        return true;
    }

    /// <summary>A user and a path, as such URLs have them, name things behind the greeting, which a check does not look at.</summary>
    private static bool TryParseService(
        string text, TcpService service, string rest, out CheckTarget target, out CheckTargetProblem problem)
    {
        target = null!;
        var end = rest.AsSpan().IndexOfAny("/?#");
        var authority = end < 0 ? rest : rest[..end];
        var at = authority.LastIndexOf('@');
        if (at >= 0 && authority.AsSpan(0, at).Contains(':'))
        {
            problem = new(
                "a password in a URL is not sent",
                $"write {service.Name}://{authority[(at + 1)..]}: a password on a command line is seen by everybody");
            return false;
        }

        if (!HostText.TryParse(authority[(at + 1)..], out var host, out problem))
        {
            return false;
        }

        var scheme = service.UsesTls ? CheckScheme.Tls : CheckScheme.Tcp;
        target = new CheckTarget(text, scheme, host.Name, host.Port ?? new PortNumber(service.Port))
        {
            Address = host.Address,
            Scope = host.Scope,
            Service = service,
        };
        return true;
    }

    private static CheckTargetProblem NoPort(HostText host, CheckScheme scheme) => scheme == CheckScheme.Tcp
        ? new("no port", $"write {"https://" + host.Bracketed}, or a port such as {host.Bracketed + ":443"}")
        : new(
            "no port",
            $"write the port too, such as {scheme.Name() + "://" + host.Bracketed + (scheme == CheckScheme.Tls ? ":443" : ":53")}");

    private static CheckTargetProblem UnknownScheme(string scheme, string rest)
    {
        var nearest = scheme switch { "ws" => "http", "wss" => "https", _ => NearestWord.Find(scheme, Schemes) };
        return new(
            $"unknown scheme {scheme}{(nearest is null ? "" : $"; did you mean {nearest}?")}",
            HostText.TryParse(rest.Split('/')[0], out var host, out _) && host.Port is { } port
                ? Advice.Of($"write {(nearest ?? "tcp") + "://" + host.Bracketed + ":" + port}")
                : $"portolan check takes {Advice.List(Schemes)}; any other as tcp://HOST:PORT");
    }
}
