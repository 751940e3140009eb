using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Linux.Routing;

/// <summary>
/// The Ethernet addresses of next hops of one interface, from the kernel's neighbour table. What it does not know it is asked to find:
/// nobody else asks on the wire.
/// </summary>
/// <remarks>One thread, in the network namespace of the interface. Needs CAP_NET_ADMIN for neighbours that are not known yet.</remarks>
public sealed class NextHops : IDisposable
{
    private const int MostKnown = 65_536;

    /// <summary>A neighbour may get another address: what was read is read again after this.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    private readonly int _interfaceIndex;
    private readonly TimeProvider _clock;
    private readonly RouteRequests _requests = new(NetlinkSocket.Open(NetlinkFamily.Route));
    private readonly RouteChanges _changes = new();
    private readonly Dictionary<InternetAddress, (MacAddress Address, long ReadAt)> _known = [];
    private readonly HashSet<InternetAddress> _sought = [];

    /// <summary>Opens channels to the kernel.</summary>
    /// <exception cref="LinuxException">There is none to be had.</exception>
    public NextHops(int interfaceIndex, TimeProvider clock) => (_interfaceIndex, _clock) = (interfaceIndex, clock);

    /// <summary>Finds a next hop. When it is not known the kernel begins to look for it; ask again a little later.</summary>
    /// <exception cref="LinuxException">The kernel may not be asked to look.</exception>
    public bool TryFind(InternetAddress hop, out MacAddress address)
    {
        if (_known.TryGetValue(hop, out var known) && _clock.GetElapsedTime(known.ReadAt) < Freshness)
        {
            address = known.Address;
            return true;
        }

        if (_requests.TryFindNeighbour(_interfaceIndex, hop, out address))
        {
            if (_known.Count >= MostKnown)
            {
                _known.Clear(); // each is read again when it is needed
            }

            _known[hop] = (address, _clock.GetTimestamp());
            _sought.Remove(hop);
            return true;
        }

        _known.Remove(hop);
        if (_sought.Add(hop))
        {
            _changes.SeekNeighbour(_interfaceIndex, hop);
        }

        return false;
    }

    /// <summary>No caller waits for a hop any longer: the next question begins anew.</summary>
    public void Forget(InternetAddress hop) => _sought.Remove(hop);

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _changes.Dispose();
    }
}
