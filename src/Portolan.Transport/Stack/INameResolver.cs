using System.Net;
using System.Net.Sockets;

namespace Portolan.Transport;

/// <summary>Finds the addresses of names.</summary>
public interface INameResolver
{
    /// <summary>Finds the addresses of a name, at least one.</summary>
    /// <exception cref="SocketException"><see cref="SocketError.HostNotFound"/> or another error.</exception>
    ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>Knows literal addresses, <c>localhost</c>, and the names that it is given. It sends no query.</summary>
/// <param name="names">Names with their addresses; case does not count.</param>
public sealed class LiteralResolver(IReadOnlyDictionary<string, IPAddress[]>? names = null) : INameResolver
{
    private readonly Dictionary<string,
        IPAddress[]> _names = new(names ?? new Dictionary<string, IPAddress[]>(), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IPAddress.TryParse(host, out var literal))
        {
            return new([literal]);
        }

        if (_names.TryGetValue(host, out var known))
        {
            return new(known);
        }

        // RFC 6761 section 6.3.
        var isLocal = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return isLocal
            ? new([IPAddress.Loopback, IPAddress.IPv6Loopback])
            : throw new SocketException(
                (int)SocketError.HostNotFound, $"the stack's resolver does not know {host}; give it a resolver that does");
    }
}
