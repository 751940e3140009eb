using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Portolan.Web.Hosting;

/// <summary>Where a server listens: an address with a port, or a Unix socket.</summary>
/// <param name="EndPoint">The address; <c>null</c> for a Unix socket.</param>
/// <param name="Socket">The path of the Unix socket; <c>null</c> for an address.</param>
public sealed record ListenAddress(IPEndPoint? EndPoint, string? Socket)
{
    /// <summary>The port of the page, when none is named.</summary>
    public const int UsualPort = 7265;

    private const string UnixPrefix = "unix:";
    private const string Localhost = "localhost";

    /// <summary>Whether it is where a server listens without --listen.</summary>
    public bool IsUsual => EndPoint is { Port: UsualPort } place && place.Address.Equals(IPAddress.Loopback);

    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLocal => EndPoint is null || IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>A name for its files.</summary>
    public string FileName => EndPoint is { } place
        ? place.ToString().Replace(':', '_').Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
        : Socket!.Trim('/').Replace('/', '_');

    /// <summary>Reads <c>127.0.0.1:7265</c>, <c>[::1]:7265</c>, <c>:7265</c>, <c>7265</c>, an address, or the path of a socket.</summary>
    /// <param name="text">The text; <c>null</c> for the usual address.</param>
    /// <exception cref="PortolanException">It is none of these. Exit code 2.</exception>
    public static ListenAddress Parse(string? text)
    {
        if (text is null)
        {
            return new ListenAddress(new IPEndPoint(IPAddress.Loopback, UsualPort), null);
        }

        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal))
        {
            var path = text.StartsWith(UnixPrefix, StringComparison.Ordinal) ? text[UnixPrefix.Length..] : text;
            return path.Length > 0 ? new ListenAddress(null, Path.GetFullPath(path)) : throw Wrong(text);
        }

        var named = text.StartsWith(Localhost, StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback + text[Localhost.Length..] : text;
        return TryReadAddress(named) is { } address ? new ListenAddress(new IPEndPoint(address, UsualPort), null)
            : named.LastIndexOf(':') is var colon && TryReadPort(named[(colon + 1)..], out var port)
                && (colon <= 0 ? IPAddress.Loopback : TryReadHost(named[..colon])) is { } host
                ? new ListenAddress(new IPEndPoint(host, port), null)
            : throw Wrong(text);
    }

    /// <inheritdoc/>
    public override string ToString() => EndPoint?.ToString() ?? Socket!;

    // A number alone is a port: the parser would take it for an address.
    private static IPAddress? TryReadAddress(string text) =>
        text.AsSpan().ContainsAny('.', ':') && !text.StartsWith('[') && IPAddress.TryParse(text, out var address) ? address : null;

    // Before a port an IPv6 address stands in brackets (RFC 3986, section 3.2.2).
    private static IPAddress? TryReadHost(string text) =>
        text is ['[', .., ']'] ? TryReadAddress(text[1..^1]) is { AddressFamily: AddressFamily.InterNetworkV6 } six ? six : null
        : TryReadAddress(text) is { AddressFamily: AddressFamily.InterNetwork } four ? four
        : null;

    private static bool TryReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort;

    private static PortolanException Wrong(string text) => new(
        $"--listen takes an address with a port or the path of a socket, not '{TerminalText.Escape(text)}'",
        $"write --listen 127.0.0.1:7265, --listen [::1]:7265 or --listen /run/portolan.sock", ExitCode.Usage);
}
