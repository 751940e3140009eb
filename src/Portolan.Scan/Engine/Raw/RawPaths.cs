using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>The way to each host of a group, and the Ethernet addresses of neighbours.</summary>
/// <remarks>Made by the driving thread; senders only read. A neighbour's address is written before its host is marked up.</remarks>
internal sealed class RawPaths
{
    private const ushort None = ushort.MaxValue;

    private readonly List<RawPath> _paths = [];
    private readonly ushort[] _pathOf;
    private readonly ulong[] _neighbours;

    private RawPaths(int hosts)
    {
        _pathOf = new ushort[hosts];
        _neighbours = new ulong[hosts];
    }

    /// <summary>All ways.</summary>
    public IReadOnlyList<RawPath> All => _paths;

    /// <summary>Finds the way to every host; hosts without one are marked as not probed, with a warning.</summary>
    public static RawPaths Find(HostGroup group, RawContext context, IProbeWatch watch)
    {
        var paths = new RawPaths(group.Count);
        var known = new Dictionary<(int, bool, InternetAddress, InternetAddress?), ushort>();
        for (var host = 0; host < group.Count; host++)
        {
            var answer = context.Network.FindRoute(group.AddressOf(host), context.Settings.InterfaceName, context.Settings.Source);
            if (answer.Route is not { } route)
            {
                paths._pathOf[host] = None;
                group.MarkUnprobed(host);
                watch.Warn(answer.Hint is null ? $"{answer.Problem}" : $"{answer.Problem}; {answer.Hint}");
                continue;
            }

            ref var path = ref CollectionsMarshal.GetValueRefOrAddDefault(
                known, (route.InterfaceIndex, route.IsLocal, route.Source, route.Gateway), out var exists);
            if (!exists)
            {
                path = (ushort)paths._paths.Count;
                paths._paths.Add(Make(route, context));
            }

            paths._pathOf[host] = path;
        }

        return paths;
    }

    /// <summary>The way to a host; <c>null</c> when there is none.</summary>
    public RawPath? Of(int host) => _pathOf[host] == None ? null : _paths[_pathOf[host]];

    /// <summary>What is needed to send to a host now.</summary>
    /// <returns><c>false</c> when there is no way or an Ethernet address is not known.</returns>
    public bool TryFind(int host, out RawPath path, out MacAddress nextHop)
    {
        nextHop = default;
        if (_pathOf[host] == None)
        {
            path = null!;
            return false;
        }

        path = _paths[_pathOf[host]];
        if (path.HasNeighbours)
        {
            nextHop = new MacAddress(Volatile.Read(ref _neighbours[host]));
            return nextHop.Value != 0;
        }

        nextHop = path.Gateway ?? default;
        return path.IsUsable;
    }

    /// <summary>A neighbour's Ethernet address.</summary>
    public MacAddress? NeighbourOf(int host) => Volatile.Read(ref _neighbours[host]) is var value and not 0 ? new MacAddress(value) : null;

    /// <summary>A neighbour answered.</summary>
    public void SetNeighbour(int host, MacAddress address) => Volatile.Write(ref _neighbours[host], address.Value);

    private static RawPath Make(Route route, RawContext context) => new(
        route,
        () => context.Links.For(route),
        (link, timeToLive) => new ProbeWriter(
            new ProbePath(link.Link.Layer, link.Link.HardwareAddress, route.Source, route.Mtu),
            context.Cookies,
            context.Ports,
            timeToLive == 0 ? context.Style : context.Style with { TimeToLive = timeToLive },
            context.Payloads));
}
