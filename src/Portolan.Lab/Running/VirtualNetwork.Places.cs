using System.Collections.Concurrent;
using Portolan.Lab.Running.Places;
using Portolan.Lab.Topology;
using Portolan.Packets.Links;

namespace Portolan.Lab.Running;

// Places: kernels that stand where hosts of the lab are.
public sealed partial class VirtualNetwork
{
    private readonly List<HostNamespace> _places = [];
    private readonly ConcurrentBag<PlaceServices> _placeServices = [];

    /// <summary>Hosts that were of a range until a host came to stand there. Replaced as a whole: another thread lists them.</summary>
    private volatile Hosts.VirtualHost[] _alone = [];

    /// <summary>Where a host is: its network and its first addresses, those of its lease when it asks for one.</summary>
    /// <param name="choice">The host.</param>
    /// <returns><c>null</c> while it has no address.</returns>
    /// <exception cref="KeyNotFoundException">There is no such host.</exception>
    internal VantageSpec? PlaceOf(PlaceChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Invoke(() =>
        {
            var spec = HostOf(choice).Spec;
            var lease = _hosts[spec.Name].AddressClient?.Lease?.Address;
            var addresses = spec.AsksForAddress
                ? lease is { } leased ? [leased] : []
                : spec.IsRange ? Directory.Find(choice.Name) : [.. spec.Addresses.Select(static r => r.First)];
            InternetAddress? First(bool isIPv4) =>
                addresses.Where(a => a.IsIPv4 == isIPv4).Select(static a => (InternetAddress?)a).FirstOrDefault();
            var place = new VantageSpec(spec.Network, First(isIPv4: true), First(isIPv4: false));
            return place.Addresses.Any() ? place : null;
        });
    }

    /// <summary>
    /// Puts a kernel at the place of a host: it sends with the host's addresses and gets what answers that, and what comes for ports that
    /// are closed. The host goes on answering for its own ports, which programs at that place reach too. Real time only, on a thread that
    /// is in the network namespace of that kernel.
    /// </summary>
    /// <param name="choice">The host.</param>
    /// <param name="place">Where it is (<see cref="PlaceOf"/>); each address once.</param>
    /// <param name="link">The link to that kernel, which carries IP packets; disposed with the lab.</param>
    /// <returns>The host's services there.</returns>
    internal PlaceServices Attach(PlaceChoice choice, VantageSpec place, IPacketLink link)
    {
        ArgumentNullException.ThrowIfNull(choice);
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(link);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lab.Clock.IsVirtual)
        {
            throw new InvalidOperationException("a kernel lives in real time");
        }

        var (host, stack, at) = Invoke(() =>
        {
            var named = HostOf(choice);
            var own = named.Spec.IsRange ? TakeOut(named, place) : named;
            _places.Add(own.AddPlace(place, link));
            return (own, own.Stack, _places[^1]);
        });
        var services = PlaceServices.Open(host.Spec, stack, at, _stopping.Token);
        _placeServices.Add(services);
        return services;
    }

    /// <summary>
    /// One host of a range, with a stack of its own from now on: it speaks to the others, and they to it. What services keep stays the
    /// range's.
    /// </summary>
    private Hosts.VirtualHost TakeOut(Hosts.VirtualHost range, VantageSpec place)
    {
        List<InternetAddress> addresses = [.. place.Addresses];
        range.LetGo(addresses);
        var spec = range.Spec with { Addresses = [.. addresses.Select(static a => new AddressRange(a, a))] };
        var host = new Hosts.VirtualHost(_lab, spec, NetworkOf(spec.Network), SegmentOf(spec.Network), range.State);
        _alone = [.. _alone, host];
        return host;
    }

    private Hosts.VirtualHost HostOf(
        PlaceChoice choice) =>
            _hosts.TryGetValue(choice.Host, out var host)
                ? host
                : throw new KeyNotFoundException($"no host of the lab {Topology.Name} is named {choice.Host}");
}
