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

    /// <summary>Whether sockets take the packets of a region that a rule translated and that ends here; of several ports all must be taken.</summary>
    /// <param name="region">The packets.</param>
    /// <param name="namespaceIndex">The namespace.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port before translation.</param>
    /// <param name="isIPv4">The family.</param>
    public Landing Land(FlowRegion region, int namespaceIndex, TransportProtocol protocol, PortNumber port, bool isIPv4)
    {
        if (region.Outcome is not { Delivery: DeliveryKind.Local, Translation: { } to })
        {
            return Landing.Taken;
        }

        var (taken, missed) = (0, 0);
        foreach (var number in to.TargetPorts(port))
        {
            if (Take(namespaceIndex, protocol, number, to.Address, isIPv4, region.Packets.Interfaces))
            {
                taken++;
            }
            else
            {
                missed++;
            }
        }

        return missed == 0 ? Landing.Taken : taken == 0 ? Landing.NotTaken : Landing.Unseen;
    }

    /// <summary>Whether a socket takes packets to this port.</summary>
    /// <param name="namespaceIndex">The namespace.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port.</param>
    /// <param name="to">The address; <c>null</c> for one of this machine.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="interfaces">The interfaces they come in by; empty for any.</param>
    public bool Take(int namespaceIndex, TransportProtocol protocol, ushort port, InternetAddress? to, bool isIPv4, IReadOnlyList<int> interfaces)
    {
        if (_binds.TryGetValue((namespaceIndex, protocol, port), out var binds))
        {
            foreach (var bind in binds)
            {
                if ((isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6)
                    && (to is { } address ? bind.IsWildcard || bind.Address.Unmap() == address : !bind.IsLocal)
                    && (bind.InterfaceIndex == 0 || interfaces.Count == 0 || interfaces.Contains(bind.InterfaceIndex)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
