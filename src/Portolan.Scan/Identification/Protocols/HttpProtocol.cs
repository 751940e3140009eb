using System.Text;
using Portolan.Scan.Identification.Http;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>HTTP/1: <c>GET /</c>, and for a few products a second path that tells their version (RFC 9110, RFC 9112).</summary>
internal sealed class HttpProtocol()
    : ServiceProtocol(
        "http", 80, 8080, 8000, 8008, 8081, 8888, 3000, 5000, 9090, 9091, 9100, 631, 2375, 5601, 5984, 8086, 8123, 8500, 9093, 9200, 15672)
{
    /// <summary>The request: servers of some other protocols answer to it in their own way.</summary>
    public static ServiceProbe Get { get; } = new("HTTP GET /", static target => Request(target, "/"));

    private static readonly Dictionary<string,
        ServiceProbe> Paths = HttpProducts.All.Where(static p => p.Path is not null).Select(static p => p.Path!).Distinct()
        .ToDictionary(
            static path => path, static path => new ServiceProbe($"HTTP GET {path}", target => Request(target, path)),
            StringComparer.Ordinal);

    // What servers say to a request in clear on a port that wants TLS.
    private static readonly byte[][] WantsTls =
    [
        [.. "The plain HTTP request was sent to HTTPS port"u8], [.. "Client sent an HTTP request to an HTTPS server."u8],
        [.. "You're speaking plain HTTP to an SSL-enabled server port."u8], [.. "This combination of host and port requires TLS."u8],
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [443, 8443, 4443, 9443, 6443, 2376, 5001, 5986, 8834, 10250];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Get;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [.. Paths.Values];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!HttpReply.TryRead(reply.Bytes, out var http))
        {
            return HttpReply.MayBecome(reply.Bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (!reply.IsEnded && !http.IsWhole)
        {
            return ReplyReading.Incomplete;
        }

        if (reply.Bytes.IndexOf("Tor is not an HTTP Proxy"u8) >= 0)
        {
            return ReplyReading.Foreign;
        }

        foreach (var words in WantsTls)
        {
            if (http.Status is 400 or 421 or 426 && http.Body.IndexOf(words) >= 0)
            {
                return ReplyReading.Certain(new IdentifiedService("ssl")) with { WantsTls = true };
            }
        }

        return ReplyReading.Certain(Describe(http));
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        // A refusal of another protocol's question says less than the page, and its title is not the page's.
        var reply = conversation.Reply;
        if (known.Protocol == "http" && conversation.Asked is not null && !ReferenceEquals(conversation.Asked, Get)
            && await conversation.OpenAnotherAsync() is { } page)
        {
            await using (page)
            {
                var asked = await page.AskAsync(Get, static reply => HttpReply.TryRead(reply.Span, out var http) && http.IsWhole);
                if (HttpReply.TryRead(asked.Span, out var http))
                {
                    var first = Describe(http);
                    (known, reply) = (first.Product is null ? known with { Info = first.Info } : first, asked.ToArray());
                }
            }
        }

        foreach (var product in Candidates(reply))
        {
            if (await conversation.OpenAnotherAsync() is not { } second)
            {
                break;
            }

            await using (second)
            {
                var probe = Paths[product.Path!];
                var answer = await second.AskAsync(probe, static reply => HttpReply.TryRead(reply.Span, out var http) && http.IsWhole);
                if (HttpReply.TryRead(answer.Span, out var http) && http.Body.IndexOf(Encoding.ASCII.GetBytes(product.PathProof!)) >= 0)
                {
                    return Called(known, product, HttpMatch.Behind(http.Body, product.PathVersionBehind!));
                }
            }
        }

        return known;
    }

    private static List<HttpProduct> Candidates(ReadOnlyMemory<byte> reply)
    {
        var candidates = new List<HttpProduct>();
        if (HttpReply.TryRead(reply.Span, out var http))
        {
            foreach (var product in HttpProducts.All)
            {
                if (product.Path is not null && HttpMatch.Fits(product, http) && candidates.TrueForAll(other => other.Path != product.Path))
                {
                    candidates.Add(product);
                }
            }
        }

        return candidates;
    }

    // Whoever wants a login at a proxy is one (RFC 9110 sections 11.7.1 and 15.5.8), and Squid that misses a host in the request line.
    // WebSocket servers want an upgrade, or name their version (RFC 6455 sections 4.2.2 and 4.4).
    private static string NameOf(in HttpReply http) =>
        http.Status == 407 || http.HasHeader("Proxy-Authenticate"u8) || http.HasHeader("Proxy-Connection"u8)
            || http.HasHeader("Proxy-Agent"u8)
            || http.Header("X-Squid-Error"u8).StartsWith("ERR_INVALID_URL"u8) ? "http-proxy"
        : (http.Status == 426 && (ReplyText.Has(http.Header("Upgrade"u8), "websocket"u8) || http.Body.SequenceEqual("Upgrade Required"u8)))
            || (http.Status >= 400 && http.HasHeader("Sec-WebSocket-Version"u8)) ? "websocket"
        : "http";

    private static IdentifiedService Describe(in HttpReply http)
    {
        var service = new IdentifiedService(NameOf(http)) { Info = InfoOf(http) };
        foreach (var product in HttpProducts.All)
        {
            if (!product.NeedsPath && HttpMatch.Fits(product, http))
            {
                return Called(
                    service, product, HttpMatch.VersionOf(product, http)) with
                { OperatingSystem = SystemIn(http.Header("Server"u8)) };
            }
        }

        // A server that is not in the table names itself; devices of UPnP name their system first.
        if (UpnpServer.Read(ReplyText.Of(http.Header("Server"u8))) is { Product: { } device } upnp)
        {
            return service with { Product = device, Version = upnp.Version, OperatingSystem = upnp.System };
        }

        var (name, version) = ReplyText.Product(http.Header("Server"u8));
        return service with { Product = name, Version = version, OperatingSystem = SystemIn(http.Header("Server"u8)) };
    }

    private static IdentifiedService Called(IdentifiedService service, HttpProduct product, string? version) => service with
    {
        Protocol = product.Service ?? service.Protocol,
        Product = product.Name,
        Version = version,
        Cpes = product.Cpe is { } cpe ? Cpe.Of(cpe, version) : [],
    };

    private static string? InfoOf(in HttpReply http) => (http.Title, http.Status) switch
    {
        (_, 407) => "407: a login is wanted",
        ({ } title, _) => $"title \"{title}\"",
        (null, >= 300 and < 400) when ReplyText.Of(http.Header("Location"u8)) is { } location => $"redirects to {location}",
        (null, 401) => "401: a login is wanted",
        (null, >= 400) => $"status {http.Status}",
        _ => null,
    };

    // "Apache/2.4.57 (Debian)", "nginx/1.18.0 (Ubuntu)".
    private static string? SystemIn(ReadOnlySpan<byte> server)
    {
        foreach (var system in (ReadOnlySpan<string>)[
            "Debian", "Ubuntu", "CentOS", "Red Hat", "Fedora", "FreeBSD", "Win64", "Win32", "Unix", "Raspbian"])
        {
            if (ReplyText.Has(server, Encoding.ASCII.GetBytes($"({system})")))
            {
                return system is "Win64" or "Win32" ? "Windows" : system;
            }
        }

        return null;
    }

    /// <summary>A request for a path.</summary>
    internal static byte[] Request(ServiceTarget target, string path, string method = "GET") => Encoding.ASCII.GetBytes(
        $"{method} {path} HTTP/1.1\r\nHost: {HostOf(target)}\r\nUser-Agent: Portolan\r\nAccept: */*\r\nConnection: close\r\n\r\n");

    // The port belongs to the name unless it is the scheme's own (RFC 9110 section 7.2).
    private static string HostOf(ServiceTarget target) => target.Port.Value is 80 or 443 ? target.Host : $"{target.Host}:{target.Port}";
}
