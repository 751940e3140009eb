using System.Globalization;
using Portolan.Model;

namespace Portolan.Scan.Proxies;

/// <summary>The protocol of a proxy.</summary>
public enum ProxyKind : byte
{
    /// <summary>SOCKS version 5 (RFC 1928, RFC 1929).</summary>
    Socks5,

    /// <summary>SOCKS version 4, and 4a for names.</summary>
    Socks4,

    /// <summary>HTTP CONNECT (RFC 9110 section 9.3.6).</summary>
    Http,
}

/// <summary>A proxy as it was written: <c>socks5://user:password@host:port</c>.</summary>
/// <param name="Kind">Its protocol.</param>
/// <param name="Host">Its name or address, without brackets.</param>
/// <param name="Port">Its port.</param>
public sealed record ProxyServer(ProxyKind Kind, string Host, PortNumber Port)
{
    /// <summary>The most proxies in a chain.</summary>
    public const int MostInChain = 8;

    // RFC 1929: both lengths are one byte.
    private const int MostCredential = 255;

    /// <summary>Who we say we are; <c>null</c> for none.</summary>
    public string? User { get; init; }

    /// <summary>The password; <c>null</c> for none.</summary>
    public string? Password { get; init; }

    /// <summary>Without its credentials, so that it can be printed.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Scheme}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    private string Scheme => Kind switch { ProxyKind.Socks5 => "socks5", ProxyKind.Socks4 => "socks4", _ => "http" };

    /// <summary>Reads a list with commas, in the order in which connections pass them.</summary>
    /// <param name="list">The list.</param>
    /// <param name="option">Where it comes from, for messages.</param>
    /// <exception cref="PortolanException">It is none. Exit code 2.</exception>
    public static IReadOnlyList<ProxyServer> ParseList(string list, string option)
    {
        var servers = list.Split(',', StringSplitOptions.TrimEntries).Select(word => Parse(word, option)).ToArray();
        return servers.Length <= MostInChain
            ? servers
            : throw new PortolanException(
                $"{option} names {servers.Length} proxies; a chain has at most {MostInChain}", $"name fewer", ExitCode.Usage);
    }

    private static ProxyServer Parse(string word, string option)
    {
        // The word may hold a password, so no message repeats it.
        if (!Uri.TryCreate(word, UriKind.Absolute, out var url) || url.Host.Length == 0 || !word.Contains("://", StringComparison.Ordinal))
        {
            throw Wrong($"{option} expects proxies as SCHEME://HOST:PORT", $"e.g. socks5://127.0.0.1:1080");
        }

        var (kind, port) = url.Scheme switch
        {
            "socks5" or "socks5h" or "socks" => (ProxyKind.Socks5, 1080),
            "socks4" or "socks4a" => (ProxyKind.Socks4, 1080),
            "http" => (ProxyKind.Http, 8080),
            _ => throw Wrong($"{option} does not support {url.Scheme} proxies", $"use socks5, socks4 or http"),
        };
        if (url.PathAndQuery is not ("" or "/") || url.Fragment.Length > 0)
        {
            throw Wrong($"{option}: a proxy has no path, and {url.Scheme}://{url.Authority.Split('@')[^1]} has one", $"leave it out");
        }

        // Uri takes port 80 for what a URL of http leaves out.
        var isNamed = word[(word.LastIndexOf('@') + 1)..].TrimEnd('/').EndsWith($":{url.Port}", StringComparison.Ordinal);
        if ((isNamed ? url.Port : port) is not (> 0 and <= ushort.MaxValue and var number))
        {
            throw Wrong($"{option}: the port of a proxy is 1 to 65535", $"e.g. socks5://127.0.0.1:1080");
        }

        var credentials = url.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        var server = new ProxyServer(kind, url.IdnHost.Trim('[', ']'), new PortNumber((ushort)number))
        {
            User = url.UserInfo.Length > 0 ? credentials[0] : null,
            Password = credentials.Length > 1 ? credentials[1] : null,
        };
        if (credentials.Any(static c => c.Any(char.IsControl) || System.Text.Encoding.UTF8.GetByteCount(c) > MostCredential))
        {
            throw Wrong($"{option}: the user name and password of {server} have at most {MostCredential} bytes and no control characters",
                $"write other characters as %XX");
        }

        return kind == ProxyKind.Socks4 && server.Password is not null
            ? throw Wrong($"{option}: SOCKS4 has user names, but no passwords", $"use socks5://, or leave out the password")
            : server;
    }

    private static PortolanException Wrong(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}
