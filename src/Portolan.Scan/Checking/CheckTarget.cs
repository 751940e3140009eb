using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Checking;

/// <summary>What is spoken to a target, and so which steps a check has.</summary>
public enum CheckScheme : byte
{
    /// <summary>A TCP connection, and the greeting if the server sends one.</summary>
    Tcp,

    /// <summary>One datagram and what comes back.</summary>
    Udp,

    /// <summary>HTTP without TLS.</summary>
    Http,

    /// <summary>HTTP over TLS.</summary>
    Https,

    /// <summary>A question to a DNS server.</summary>
    Dns,

    /// <summary>A TCP connection, a TLS handshake, and the greeting if the server sends one.</summary>
    Tls,
}

/// <summary>One thing to check.</summary>
/// <param name="Text">As the person wrote it, without what stands before an <c>@</c> and behind a <c>?</c> of a protocol's URL, which are
/// not used.</param>
/// <param name="Scheme">What is spoken.</param>
/// <param name="Host">The server's name in ASCII form, or its address without brackets and interface.</param>
/// <param name="Port">Its port; never 0.</param>
public sealed record CheckTarget(string Text, CheckScheme Scheme, string Host, PortNumber Port)
{
    /// <summary>The server's address where one was written; <c>null</c> when <see cref="Host"/> is a name.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>The interface of a link-local address, as in <c>fe80::1%eth0</c>; else <c>null</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>Path and query of a URL, starting with a slash; for the other schemes <c>/</c>.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The protocol that a URL such as <c>smtp://…</c> names; <c>null</c> for any, and for the other schemes.</summary>
    public ServiceScheme? Service { get; init; }

    /// <summary>The name a DNS server is asked for; <c>null</c> for other schemes.</summary>
    public string? QuestionName { get; init; }

    /// <summary>The type of record it is asked for; <c>null</c> for other schemes.</summary>
    public DnsType? QuestionType { get; init; }

    /// <summary>The DNS server is whichever this host is configured to use (<c>dns:NAME</c>).</summary>
    public bool UsesSystemServer { get; init; }

    /// <summary>TCP or UDP; DNS starts with UDP.</summary>
    public TransportProtocol Protocol => Scheme is CheckScheme.Udp or CheckScheme.Dns ? TransportProtocol.Udp : TransportProtocol.Tcp;

    /// <summary>Whether a URL is fetched.</summary>
    public bool IsHttp => Scheme is CheckScheme.Http or CheckScheme.Https;

    /// <summary>
    /// The host as a URL and a <c>Host</c> header write it: IPv6 in brackets, the port only where it is not the scheme's own.
    /// </summary>
    public string Authority =>
        (Scheme, Port.Value) is (CheckScheme.Http, 80) or (CheckScheme.Https, 443) ? BracketedHost : $"{BracketedHost}:{Port}";

    /// <summary>The same place by another scheme, for a hint: <c>https://example.com:8080</c>.</summary>
    public string WithScheme(string scheme) => $"{scheme}://{BracketedHost}:{Port}";

    /// <summary>The full URL of what is fetched or connected to.</summary>
    public string Url => Scheme switch
    {
        CheckScheme.Http or CheckScheme.Https => $"{Scheme.Name()}://{Authority}{Path}",
        CheckScheme.Dns =>
            $"dns:{(UsesSystemServer ? "" : $"//{BracketedHost}{(Port.Value == 53 ? "" : $":{Port}")}/")}{QuestionName}"
                + $"?type={DnsTypeWords.Name(QuestionType ?? DnsType.A)}",
        _ => $"{Kind}://{BracketedHost}:{Port}{Transport}",
    };

    /// <summary>What is checked in a word: <c>redis</c>, or the scheme.</summary>
    public string Kind => Service?.Name ?? Scheme.Name();

    private string Transport => Service is not { } service || service.Transport == Protocol ? ""
        : Protocol == TransportProtocol.Udp ? ";transport=udp" : ";transport=tcp";

    private string BracketedHost => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
}

/// <summary>The names of schemes.</summary>
public static class CheckSchemeNames
{
    /// <summary>As in a URL: <c>tcp</c>, <c>udp</c>, <c>http</c>, <c>https</c>, <c>dns</c>, <c>tls</c>.</summary>
    public static string Name(this CheckScheme scheme) => scheme switch
    {
        CheckScheme.Tcp => "tcp",
        CheckScheme.Udp => "udp",
        CheckScheme.Http => "http",
        CheckScheme.Https => "https",
        CheckScheme.Tls => "tls",
        _ => "dns",
    };
}
