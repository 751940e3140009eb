using Portolan.Firewall.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Judging;

/// <summary>The sockets of a machine that take packets, to look up where a translation leads. Clients' datagram sockets count: they take packets too.</summary>
public sealed class ListeningSockets
{
    private readonly Dictionary<(int Namespace, TransportProtocol Protocol, ushort Port), HashSet<PortBind>> _binds = [];

    /// <summary>Finds them among all sockets.</summary>
    public ListeningSockets(SocketSnapshot snapshot)
    {
        var sockets = snapshot.Sockets;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (MachineFacts.IsListener(entry) && entry.Protocol.Transport() is { } protocol)
            {
                var key = (entry.NamespaceIndex, protocol, entry.LocalPort);
                (_binds.TryGetValue(key, out var binds) ? binds : _binds[key] = []).Add(PortBind.Of(entry));
            }
        }
    }

    /// <summary>Whether a socket takes the packets of a region that a rule translated; also where they leave this namespace, or where it is not known to which port they go.</summary>
    public bool Take(FlowRegion region, int namespaceIndex, TransportProtocol protocol, bool isIPv4)
    {
        if (region.Outcome is not { Delivery: DeliveryKind.Local, Translation: { Port: { } port } to })
        {
            return true;
        }

        if (_binds.TryGetValue((namespaceIndex, protocol, port), out var binds))
        {
            foreach (var bind in binds)
            {
                if ((isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6)
                    && (to.Address is { } address ? bind.IsWildcard || bind.Address.Unmap() == address : !bind.IsLocal)
                    && (bind.InterfaceIndex == 0 || region.Packets.Interfaces.Count == 0 || region.Packets.Interfaces.Contains(bind.InterfaceIndex)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
