using System.Net;

namespace Portolan.Web.Access;

/// <summary>
/// The permitted names of the server in the header <c>Host</c>. A page that a foreign name points to (DNS rebinding) sends that
/// name, and is refused.
/// </summary>
internal sealed class AllowedHosts
{
    private readonly HashSet<string> _authorities = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);
    private readonly int? _port;
    private readonly string _scheme;

    /// <summary>Names a server.</summary>
    /// <param name="address">Where it listens; <c>null</c> for a Unix socket.</param>
    /// <param name="isTls">Whether it speaks TLS.</param>
    /// <param name="names">More names, with or without a port: those of a reverse proxy in front of it.</param>
    internal AllowedHosts(IPEndPoint? address, bool isTls, IEnumerable<string> names)
    {
        _scheme = isTls ? "https" : "http";
        if (address is not null)
        {
            _port = address.Port;
            AddOwn(new IPEndPoint(address.Address, address.Port).ToString());
        }

        if (address is null || IPAddress.IsLoopback(address.Address) || IsAny(address.Address))
        {
            AddOwn(address is null ? "localhost" : $"localhost:{address.Port}");
        }

        foreach (var name in names)
        {
            _authorities.Add(name);
            _origins.Add($"https://{name}");
            _origins.Add($"http://{name}");
        }
    }

    /// <summary>Whether a request may be answered.</summary>
    /// <param name="authority">What its header <c>Host</c> says.</param>
    /// <param name="local">The address of this machine that it came to; <c>null</c> over a Unix socket.</param>
    internal bool Knows(string authority, IPAddress? local) => _authorities.Contains(authority) || authority == LiteralOf(local);

    /// <summary>Whether a page of that origin is this server's.</summary>
    internal bool IsOwnOrigin(string origin, IPAddress? local) =>
        _origins.Contains(origin) || (LiteralOf(local) is { } literal && origin == $"{_scheme}://{literal}");

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private void AddOwn(string authority)
    {
        _authorities.Add(authority);
        _origins.Add($"{_scheme}://{authority}");
        if (_port is 80 or 443 && authority.EndsWith($":{_port}", StringComparison.Ordinal))
        {
            AddWithoutPort(authority[..authority.LastIndexOf(':')]);
        }
    }

    private void AddWithoutPort(string name)
    {
        _authorities.Add(name);
        _origins.Add($"{_scheme}://{name}");
    }

    /// <summary>An address that was connected to cannot be rebound: it is its own name.</summary>
    private string? LiteralOf(IPAddress? local)
    {
        if (local is null || _port is not { } port)
        {
            return null;
        }

        var address = local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
        var literal = new IPEndPoint(address, port).ToString();
        return (port, _scheme) is (80, "http") or (443, "https") ? literal[..literal.LastIndexOf(':')] : literal;
    }
}
