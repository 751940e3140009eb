using System.Net;
using System.Net.Sockets;

namespace Portolan.Transport.Testing;

/// <summary>The hosts of a world by name. Names and addresses are settled before applications run.</summary>
internal sealed class SimNames(SimWorld world) : INameResolver
{
    public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IPAddress.TryParse(host, out var literal))
        {
            return new([literal]);
        }

        var known = world.Hosts.FirstOrDefault(h => h.Name.Equals(host, StringComparison.OrdinalIgnoreCase));
        var addresses =
            known?.Ip.Interfaces.Skip(1).SelectMany(static i => i.Addresses).Select(static a => a.Address.ToIPAddress()).ToArray();
        return addresses is { Length: > 0 }
            ? new(addresses)
            : throw new SocketException((int)SocketError.HostNotFound, $"no host of this world has the name {host}");
    }
}
