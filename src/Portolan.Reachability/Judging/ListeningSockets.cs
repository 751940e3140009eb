using Portolan.Firewall.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Judging;

/// <summary>
/// The sockets of a machine that take packets, to look up where a translation leads. Clients' datagram sockets count: they take packets
/// too.
/// </summary>
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

    /// <summary>
    /// Whether sockets take the packets of a region that a rule translated and that ends here; of several ports all must be taken.
    /// </summary>
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

        var (taken, missed, unseen) = (0, 0, 0);
        foreach (var number in to.TargetPorts(port))
        {
            if (Take(
                namespaceIndex, protocol, number, to.Address, isIPv4, region.Packets.Interfaces, onlyWildcard: to.Addresses is not null))
            {
                taken++;
            }
            else if (to.Addresses is { } several && HasListenerOn(several, namespaceIndex, protocol, number, isIPv4))
            {
                // Which of the addresses they go to is not known.
                unseen++;
            }
            else
            {
                missed++;
            }
        }

        return missed + unseen == 0 ? Landing.Taken : taken + unseen == 0 ? Landing.NotTaken : Landing.Unseen;
    }

    private bool HasListenerOn(IntervalSet addresses, int namespaceIndex, TransportProtocol protocol, ushort port, bool isIPv4) =>
        _binds.TryGetValue((namespaceIndex, protocol, port), out var binds)
        && binds.Any(b => b.Address.Unmap() is var own && own.IsIPv4 == isIPv4 && addresses.Contains(own.Number));

    /// <summary>Whether a socket takes packets to this port.</summary>
    /// <param name="namespaceIndex">The namespace.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port.</param>
    /// <param name="to">The address; <c>null</c> for one of this machine.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="interfaces">The interfaces they arrive on; empty for any.</param>
    /// <param name="onlyWildcard">Whether sockets that are bound to an address do not count.</param>
    public bool Take(
        int namespaceIndex, TransportProtocol protocol, ushort port, InternetAddress? to, bool isIPv4, IReadOnlyList<int> interfaces,
        bool onlyWildcard = false)
    {
        if (_binds.TryGetValue((namespaceIndex, protocol, port), out var binds))
        {
            foreach (var bind in binds)
            {
                if ((isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6) && (bind.IsWildcard || !onlyWildcard)
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
