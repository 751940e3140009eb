using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Tests.Cli.Listing;

/// <summary>A source that always gives the same table.</summary>
internal sealed class OneSnapshot(SocketTable table) : ISocketSource
{
    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken) => new()
    {
        Sockets = table,
        Namespaces = [new NetworkNamespace(4026531840, null, 0, IsOwn: true)],
        Sources = [],
        Missing = [],
    };
}
