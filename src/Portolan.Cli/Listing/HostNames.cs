using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Naming;

namespace Portolan.Cli.Listing;

/// <summary>Decides which ends of the listed sockets get names, and asks for them.</summary>
internal static class HostNames
{
    /// <summary>How long all lookups of one listing may take together.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);

    /// <summary>Names for the rows of a listing as the request wants them; <c>null</c> for numbers.</summary>
    public static EndpointNames? Find(
        ListRequest request, SocketFacts facts, SocketRows rows, Func<IAddressNameResolver> resolver, CancellationToken cancellationToken)
    {
        if (!request.HostNames)
        {
            return request.PortNames ? new EndpointNames(Ports: true, EndpointNames.NoHosts) : null;
        }

        var addresses = new HashSet<InternetAddress>();
        for (var row = 0; row < rows.Count; row++)
        {
            ref readonly var entry = ref facts.Sockets[rows[row]];
            if (entry.Protocol is not (SocketProtocol.Unix or SocketProtocol.Packet))
            {
                Add(addresses, entry.LocalAddress);
                Add(addresses, entry.RemoteAddress);
            }
        }

        return addresses.Count == 0
            ? new EndpointNames(request.PortNames, EndpointNames.NoHosts)
            : EndpointNames.From(request.PortNames, resolver().Resolve(addresses, Budget, cancellationToken));
    }

    private static void Add(HashSet<InternetAddress> addresses, InternetAddress address)
    {
        if (!address.IsUnspecified)
        {
            addresses.Add(address.Unmap());
        }
    }
}
