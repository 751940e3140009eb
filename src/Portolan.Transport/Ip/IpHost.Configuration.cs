using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Addressing;

namespace Portolan.Transport.Ip;

/// <summary>Interfaces, addresses, routes and protocols of a host.</summary>
internal sealed partial class IpHost
{
    /// <summary>All routes, in no order.</summary>
    public IEnumerable<IpRoute> Routes => Router.Routes.All;

    /// <summary>The networks that are this host's as a whole.</summary>
    public IReadOnlyList<LocalPrefix> Prefixes => Router.Addresses.Prefixes;

    /// <summary>Adds a protocol above IP: one for each number, and one object may serve several.</summary>
    /// <exception cref="InvalidOperationException">The number is taken.</exception>
    public void Register(IpProtocol number, ITransportProtocol protocol)
    {
        if (_protocols[(byte)number] is not null)
        {
            throw new InvalidOperationException($"protocol {number} is there already");
        }

        _protocols[(byte)number] = protocol;
        if (!_registered.Contains(protocol))
        {
            _registered = [.. _registered, protocol];
        }
    }

    /// <summary>Adds an interface. With IPv6 it gets a link-local address, as its options say.</summary>
    /// <param name="options">How it is.</param>
    /// <param name="sender">Where its frames go. <see cref="IFrameSender.Reserve"/> gives the same room until it is committed.</param>
    public IpInterface AddInterface(IpInterfaceOptions options, IFrameSender sender)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Mtu, PathMtuTable.LeastIPv4, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Mtu, ushort.MaxValue, nameof(options));
        var added = new IpInterface(this, _interfaces.Length + 1, options, sender);
        _interfaces = [.. _interfaces, added];
        if (options.LinkLocal != LinkLocalChoice.None && options.Mtu >= PathMtuTable.LeastIPv6)
        {
            AddLinkLocal(added, attempt: 0);
        }

        return added;
    }

    /// <summary>
    /// Gives an interface an address, and a route to its network. An address on Ethernet is tentative until nobody claims it: of IPv6, and
    /// of IPv4 where the interface is to look.
    /// </summary>
    /// <param name="at">The interface.</param>
    /// <param name="address">A unicast address.</param>
    /// <param name="prefixLength">Bits of its network.</param>
    /// <param name="skipsDetection">Whether it is used at once (RFC 4429's optimism is another thing).</param>
    /// <exception cref="ArgumentException">It is not a unicast address, the prefix is too long, or this host has the address.</exception>
    public HostAddress AddAddress(IpInterface at, InternetAddress address, int prefixLength, bool skipsDetection = false) =>
        AddAddress(at, address, prefixLength, skipsDetection, attempt: 0);

    /// <summary>Takes an address away, and the route that came with it.</summary>
    public void RemoveAddress(HostAddress address)
    {
        address.Check?.Stop();
        address.Check = null;
        Router.Addresses.Remove(address);
        Router.Routes.Remove(ConnectedRoute(address));
        LeaveSolicitedNode(address);
        address.Interface.Remove(address);
    }

    /// <summary>Makes all addresses of a network this host's.</summary>
    public LocalPrefix AddPrefix(IpInterface at, InternetAddress network, int length)
    {
        var prefix = new LocalPrefix(network, length, at);
        Router.Addresses.Add(prefix);
        RoutesChanged();
        return prefix;
    }

    /// <summary>Gives a network up.</summary>
    public bool RemovePrefix(LocalPrefix prefix)
    {
        var removed = Router.Addresses.Remove(prefix);
        RoutesChanged();
        return removed;
    }

    public void AddRoute(IpRoute route)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(route.Mtu, nameof(route));
        if (route.Mtu is > 0 and < PathMtuTable.LeastIPv4)
        {
            throw new ArgumentOutOfRangeException(nameof(route), route.Mtu, $"the MTU of a route is at least {PathMtuTable.LeastIPv4}");
        }

        Router.Routes.Add(route);
        RoutesChanged();
    }

    /// <summary>Adds the default route of a family.</summary>
    public void AddDefaultRoute(IpInterface at, InternetAddress gateway) =>
        AddRoute(new IpRoute(gateway.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, 0, at, gateway));

    /// <summary>Removes a route.</summary>
    public bool RemoveRoute(IpRoute route)
    {
        var removed = Router.Routes.Remove(route);
        RoutesChanged();
        return removed;
    }

    /// <summary>Whether an address is this host's and may be used. An IPv6 link-local one only together with its interface.</summary>
    public bool IsLocal(InternetAddress address, int interfaceNumber = 0) => OwnerOf(address, InterfaceOf(interfaceNumber)) is not null;

    /// <summary>The interface whose address it is; <c>null</c> when it is none of this host's, or not to be used.</summary>
    internal IpInterface? OwnerOf(InternetAddress address, IpInterface? at) => Router.Addresses.OwnerOf(address, at);

    /// <summary>Whether a packet to one host is for this one (RFC 1122 section 3.3.4.2).</summary>
    internal bool Takes(InternetAddress destination, IpInterface at, bool isLocal) =>
        OwnerOf(destination, at) is { } owner && (isLocal || owner == at || Options.Model == HostModel.Weak);

    /// <summary>
    /// Whether this host says on a link that it has an address: in the weak model for all its addresses, as Linux does; for a prefix only
    /// on its own link.
    /// </summary>
    internal bool AnswersFor(InternetAddress address, IpInterface at)
    {
        if (address.IsLoopback)
        {
            return false;
        }

        var found = Router.Addresses.Find(address, at);
        return found is not null
            ? found.IsUsable && (found.Interface == at || Options.Model == HostModel.Weak)
            : Router.Addresses.FindPrefix(address)?.Interface == at;
    }

    /// <summary>The source of a question about a neighbour: an address of its interface (RFC 4861 section 7.2.2).</summary>
    internal InternetAddress SourceTowards(IpInterface at, InternetAddress neighbour)
    {
        var way = new RouteDecision(at, neighbour, IpDelivery.Host);
        return Router.TrySelectSource(neighbour, way, out var source)
            ? source
            : neighbour.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
    }

    /// <summary>
    /// The source of a path as RFC 6724 looks at it: with the length of its prefix (section 2.2), and whether it is deprecated.
    /// </summary>
    internal SourceCandidate CandidateOf(IpPath path)
    {
        var found = Router.Addresses.Find(path.Source, InterfaceOf(path.InterfaceNumber));
        var length = found?.PrefixLength ?? Router.Addresses.FindPrefix(path.Source)?.Length ?? path.Source.BitCount;
        return new SourceCandidate(path.Source, length, path.InterfaceNumber, IsDeprecated: found?.State == AddressState.Deprecated);
    }

    internal void RoutesChanged()
    {
        Generation++;
        _paths?.Clear();
    }

    internal void AddLinkLocal(IpInterface at, int attempt)
    {
        var identifier = at.Options.LinkLocal == LinkLocalChoice.Stable
            ? InterfaceIdentifier.Stable(_identifierSecret, InterfaceIdentifier.LinkLocalPrefix, at.HardwareAddress, at.Number, attempt)
            : InterfaceIdentifier.FromHardwareAddress(at.HardwareAddress);
        AddAddress(at, InterfaceIdentifier.LinkLocal(identifier), 64, skipsDetection: false, attempt);
    }

    internal static void LeaveSolicitedNode(HostAddress address)
    {
        if (ListensForSolicitations(address))
        {
            address.Interface.Groups.Leave(NeighbourDiscoveryWriter.SolicitedNodeAddress(address.Address));
        }
    }

    private static bool ListensForSolicitations(HostAddress address) =>
        !address.Address.IsIPv4 && address.Interface.Layer == LinkLayer.Ethernet;

    private static IpRoute ConnectedRoute(HostAddress address) => new(
        Network(address.Address, address.PrefixLength), address.PrefixLength, address.Interface);

    private static InternetAddress Network(InternetAddress address, int length)
    {
        var shift = address.BitCount - length;
        return length == 0
            ? InternetAddress.FromNumber(0, address.IsIPv4)
            : InternetAddress.FromNumber(address.Number >> shift << shift, address.IsIPv4);
    }

    private HostAddress AddAddress(IpInterface at, InternetAddress address, int prefixLength, bool skipsDetection, int attempt)
    {
        if (!Router.IsUnicast(address) || address.IsIPv4Mapped || (uint)prefixLength > address.BitCount)
        {
            throw new ArgumentException($"{address}/{prefixLength} is not a host address", nameof(address));
        }

        var isChecked = address.IsIPv4 ? at.Options.DetectsAddressConflicts : at.Options.DuplicateAddressProbes > 0;
        var mustCheck = isChecked && !skipsDetection && at.Layer == LinkLayer.Ethernet && !at.IsLoopback;
        var added = new HostAddress(at, address, prefixLength)
        {
            Attempt = attempt,
            State = mustCheck ? AddressState.Tentative : AddressState.Preferred,
        };
        if (!Router.Addresses.TryAdd(added))
        {
            throw new ArgumentException($"{address} is this host's already", nameof(address));
        }

        // RFC 4862 section 5.4.2: the group is joined before the address is asked for.
        if (ListensForSolicitations(added))
        {
            at.Groups.Join(NeighbourDiscoveryWriter.SolicitedNodeAddress(address));
        }

        Router.Routes.Add(ConnectedRoute(added));
        at.Add(added);
        if (mustCheck)
        {
            added.Check = address.IsIPv4 ? new ConflictCheck(this, added) : new DuplicateCheck(this, added);
            added.Check.Start(Now);
        }

        return added;
    }

    private IpInterface AddLoopback()
    {
        var options = new IpInterfaceOptions { Name = "lo", Layer = LinkLayer.Ip, Mtu = ushort.MaxValue, LinkLocal = LinkLocalChoice.None };
        var loopback = new IpInterface(this, 1, options, sender: null);
        _interfaces = [.. _interfaces, loopback];
        AddAddress(loopback, InternetAddress.LoopbackIPv4, 8, skipsDetection: true);
        AddAddress(loopback, InternetAddress.LoopbackIPv6, 128, skipsDetection: true);
        Router.Addresses.Add(new LocalPrefix(InternetAddress.FromIPv4(0x7f00_0000), 8, loopback));
        return loopback;
    }
}
