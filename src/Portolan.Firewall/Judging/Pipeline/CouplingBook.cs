using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The couplings of interfaces and addresses that a judge's packets have; one object for each, whatever way packets come to it. Not for
/// several threads at once.
/// </summary>
internal sealed class CouplingBook
{
    private readonly Dictionary<(InterfacePairing Pairing, PacketField Addresses), Coupling> _pairings = [];
    private readonly Dictionary<(RouteKey Key, PacketField Addresses), AnswerWays> _ways = [];
    private PortTable[]? _ipv4Ports;
    private PortTable[]? _ipv6Ports;

    /// <summary>Where answers on links go, by what they are looked up by, where they go and by which links.</summary>
    public Dictionary<(RouteKey Key, IntervalSet Destinations, IntervalSet Links), List<LinkWays>> LinkWays { get; } = [];

    /// <summary>Ports that policy rules do not tell apart, of a family.</summary>
    public PortTable[] PortsOf(RouteMap routes, bool isIPv4) =>
        isIPv4 ? _ipv4Ports ??= Make(routes, isIPv4) : _ipv6Ports ??= Make(routes, isIPv4);

    private static PortTable[] Make(RouteMap routes, bool isIPv4) =>
        [.. routes.SplitPorts(isIPv4, IntervalSet.All(16)).Select(PortTable.Of)];

    /// <summary>The coupling of senders with the interfaces that they may arrive on.</summary>
    public Coupling Of(InterfacePairing pairing, PacketField addresses)
    {
        if (!_pairings.TryGetValue((pairing, addresses), out var coupling))
        {
            _pairings.Add((pairing, addresses), coupling = new Coupling(PacketField.InputInterface, addresses, pairing.Pairs));
        }

        return coupling;
    }

    /// <summary>The interfaces on which answers leave, for all addresses they may go to.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="key">What they are looked up by.</param>
    /// <param name="addresses">The dimension of the addresses they go to.</param>
    /// <param name="loopback">The index of lo.</param>
    public AnswerWays Ways(RouteMap routes, RouteKey key, PacketField addresses, int loopback)
    {
        if (!_ways.TryGetValue((key, addresses), out var ways))
        {
            _ways.Add((key, addresses), ways = Find(routes, key, addresses, loopback));
        }

        return ways;
    }

    private static AnswerWays Find(RouteMap routes, RouteKey key, PacketField addresses, int loopback)
    {
        var byOutput = new Dictionary<int, List<Interval>>();
        foreach (var piece in routes.Find(IntervalSet.All(key.IsIPv4 ? 32 : 128), key))
        {
            var isLocal = piece.Outcome.Kind is HostRouteKind.Local or HostRouteKind.Anycast;
            var isSimple = RoutingStage.ProblemOf(piece.Outcome) is null && piece.Outcome.Doubt is null
                && piece.Sources!.Equals(key.Sources);
            if (isSimple && (isLocal || (piece.Outcome.Interfaces is [var only] && only != loopback)))
            {
                var output = isLocal ? loopback : piece.Outcome.Interfaces[0];
                if (!byOutput.TryGetValue(output, out var list))
                {
                    byOutput.Add(output, list = []);
                }

                piece.Destinations.Intervals.AddTo(list);
            }
        }

        List<(IntervalSet Addresses, IntervalSet Interfaces)> pairs =
            [.. byOutput.Select(static p => (IntervalSet.From(p.Value), IntervalSet.Of((uint)p.Key)))];
        return new AnswerWays(
            new Coupling(PacketField.AnswerInterface, addresses, pairs),
            IntervalSet.From(pairs.SelectMany(static p => p.Addresses.Intervals.ToArray())));
    }
}

/// <summary>On which interfaces answers leave.</summary>
/// <param name="Coupling">The interface of each address.</param>
/// <param name="Coupled">The addresses that have one; where others go is not sure, or depends on more than the address.</param>
internal sealed record AnswerWays(Coupling Coupling, IntervalSet Coupled);
