using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>
/// Reads targets: <c>http://…</c>, <c>https://…</c>, <c>tcp://HOST:PORT</c>, <c>udp://HOST:PORT</c>, <c>tls://HOST:PORT</c>,
/// <c>HOST:PORT</c> (TCP), the protocols of <see cref="ServiceSchemes"/> such as <c>smtp://HOST</c>,
/// <c>dns://SERVER[:PORT]/NAME?type=TYPE</c> and <c>dns:NAME?type=TYPE</c> (RFC 4501).
/// </summary>
public static class CheckTargetParser
{
    /// <summary>Reads one target.</summary>
    public static bool TryParse(string text, out CheckTarget target, out CheckTargetProblem problem)
    {
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0 || text[..separator].AsSpan().ContainsAny("/@?#"))
        {
            if (text.Contains('@', StringComparison.Ordinal))
            {
                target = null!;
                problem = NotSent("HOST:PORT");
                return false;
            }

            // "smtp:mail.example.com" lacks its slashes.
            if (text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
                && ServiceSchemes.Names.Contains(text[..colon].ToLowerInvariant()) && text[..colon] != "dns"
                && text.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
            {
                target = null!;
                problem = new("no // after the scheme", $"write {text[..colon]}://{text[(colon + 1)..].TrimStart('/')}");
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
            case "tcp" or "udp" or "tls" or "dns" when rest.Contains('@', StringComparison.Ordinal):
                target = null!;
                problem = NotSent($"{scheme}://HOST:PORT");
                return false;
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
            case var _ when ServiceSchemes.Find(scheme) is { } service:
                return TryParseService(text, service, rest, out target, out problem);
            default:
                target = null!;
                problem = UnknownScheme(scheme, rest);
                return false;
        }
    }

    /// <summary>A word as it may be shown and stored: without a user and a password, which would end up in logs.</summary>
    public static string WithoutSecrets(string text)
    {
        // A password may hold what ends an authority, where it should not.
        var at = text.LastIndexOf('@');
        var begin = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var shown = at < 0 ? text : $"{(begin >= 3 && begin <= at ? text[..begin] : "")}***{text[at..]}";
        var query = shown.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && begin >= 3 && ServiceSchemes.Find(text[..(begin - 3)].ToLowerInvariant()) is not null
            ? $"{shown[..query]}?***"
            : shown;
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

    /// <summary>
    /// A user, a password and a path, as such URLs have them, are for what comes behind the first question: nothing of them is sent.
    /// </summary>
    private static bool TryParseService(
        string text, ServiceScheme service, string rest, out CheckTarget target, out CheckTargetProblem problem)
    {
        target = null!;
        var end = rest.AsSpan().IndexOfAny("/?#");
        var (authority, behind) = end < 0 ? (rest, "") : (rest[..end], rest[end..]);
        if (behind.Contains('@', StringComparison.Ordinal))
        {
            problem = new(
                "an @ after the host: user and password end at the first /, ? or #",
                $"write {service.Name}://HOST:PORT without them: no login is attempted");
            return false;
        }

        var at = authority.LastIndexOf('@');
        var parts = authority[(at + 1)..].Split(';');
        if (parts[0].Contains(',', StringComparison.Ordinal))
        {
            problem = new("several hosts in one URL", $"check each separately: {service.Name}://HOST:PORT");
            return false;
        }

        if (!HostText.TryParse(parts[0], out var host, out problem)
            || !TryReadTransport(service, [.. parts[1..], .. behind.Split('?', '&')], out var transport, out problem))
        {
            return false;
        }

        var query = behind.AsSpan().IndexOfAny("?#");
        target = new CheckTarget(
            $"{text[..^rest.Length]}{(at < 0 ? "" : "***@")}{authority[(at + 1)..]}{(query < 0 ? behind : $"{behind[..query]}?***")}",
            transport == TransportProtocol.Udp ? CheckScheme.Udp : service.UsesTls ? CheckScheme.Tls : CheckScheme.Tcp,
            host.Name, host.Port ?? new PortNumber(service.Port))
        {
            Address = host.Address,
            Scope = host.Scope,
            Service = service,
        };
        return true;
    }

    /// <summary>The <c>transport=</c> of <c>sip:</c> and <c>stun:</c> URIs (RFC 3261 section 19.1.1, RFC 7065 section 3.1).</summary>
    private static bool TryReadTransport(
        ServiceScheme service, string[] words, out TransportProtocol transport, out CheckTargetProblem problem)
    {
        (transport, problem) = (service.Transport, default);
        foreach (var word in words.Where(static word => word.StartsWith("transport=", StringComparison.OrdinalIgnoreCase)))
        {
            var wanted = word[10..].ToLowerInvariant() switch
            {
                "tcp" => TransportProtocol.Tcp,
                "udp" => TransportProtocol.Udp,
                _ => (TransportProtocol?)null,
            };
            if (wanted is not { } known || (service.UsesTls && known == TransportProtocol.Udp)
                || !ServiceCatalog.Of(known).Any(protocol => protocol.Name == service.Protocol))
            {
                problem = new($"{service.Name} is not checked over that transport", $"leave out transport=, or write tcp or udp");
                return false;
            }

            transport = known;
        }

        return true;
    }

    private static CheckTargetProblem NotSent(string form) => new(
        "the part before an @ is not sent", $"write {form}: other users can see a password on a command line");

    private static CheckTargetProblem NoPort(HostText host, CheckScheme scheme) => scheme == CheckScheme.Tcp
        ? new("no port", $"write {"https://" + host.Bracketed}, or a port, e.g. {host.Bracketed + ":443"}")
        : new(
            "no port",
            $"write the port too, e.g. {scheme.Name() + "://" + host.Bracketed + (scheme == CheckScheme.Tls ? ":443" : ":53")}");

    private static CheckTargetProblem UnknownScheme(string scheme, string rest)
    {
        if (scheme.EndsWith("+srv", StringComparison.Ordinal))
        {
            return new(
                $"{scheme} finds hosts by SRV records, but a check takes one host",
                $"portolan check {"dns:_" + scheme[..^4] + "._tcp.HOST?type=SRV"} shows them");
        }

        // "jdbc:postgresql", "postgresql+psycopg2", "git+ssh"
        var known = scheme.Split(':', '+').FirstOrDefault(part => ServiceSchemes.Names.Contains(part));
        var nearest = scheme switch { "ws" => "http", "wss" => "https", _ => known ?? NearestWord.Find(scheme, ServiceSchemes.Names) };
        return new(
            $"unknown scheme {scheme}{(nearest is null ? "" : $"; did you mean {nearest}?")}",
            HostText.TryParse(rest.Split('/')[0], out var host, out _) && host.Port is { } port
                ? Advice.Of($"write {(nearest ?? "tcp") + "://" + host.Bracketed + ":" + port}")
                : $"portolan help check lists the schemes; any other protocol as tcp://HOST:PORT or udp://HOST:PORT");
    }
}

/// <summary>Why a word is not a target.</summary>
/// <param name="Reason">Completes "'WORD': ", such as <c>no port</c>.</param>
/// <param name="Remedy">What to write instead.</param>
public readonly record struct CheckTargetProblem(string Reason, Advice Remedy);
