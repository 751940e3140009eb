using Portolan.Firewall.Host;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The messages of neighbour discovery on one interface, as queries.</summary>
internal sealed class NeighbourDiscovery
{
    private const byte IcmpIPv6 = 58;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;
    private const byte LinkHopLimit = 255;
    private const int LowBits = 24;

    private static readonly UInt128 SolicitedNode = ((UInt128)0xff02 << 112) | ((UInt128)1 << 32) | 0xff000000;

    private readonly int _interface;
    private readonly bool _isOff;
    private readonly IntervalSet _own;
    private readonly IntervalSet _ownGroups;
    private readonly IntervalSet _neighbours;

    public NeighbourDiscovery(HostFacts host, int interfaceIndex)
    {
        _interface = interfaceIndex;
        _isOff = host.Interface(interfaceIndex) is not { IsUp: true, HasNoIPv6: false, IsLoopback: false };
        var (own, groups) = (new List<Interval>(), new List<Interval>());
        var neighbours = IntervalSet.Prefix((UInt128)0xfe80 << 112, 64, 128);
        foreach (var address in host.Addresses)
        {
            if (address.InterfaceIndex != interfaceIndex || address.Address.IsIPv4)
            {
                continue;
            }

            var number = address.Address.Number;
            own.Add(new Interval(number, number));
            var group = SolicitedNode | (number & (((UInt128)1 << LowBits) - 1));
            groups.Add(new Interval(group, group));
            neighbours = neighbours.Union(IntervalSet.Prefix(number, address.PrefixLength, 128));
        }

        _own = IntervalSet.From(own);
        _ownGroups = IntervalSet.From(groups);
        _neighbours = neighbours.Except(_own);
    }

    /// <summary>The messages that do not get through.</summary>
    public IReadOnlyList<NeighbourProblem> Problems(Func<FlowQuery, FlowAnswer> judge)
    {
        var result = new List<NeighbourProblem>();
        if (_isOff || _own.IsEmpty)
        {
            return result;
        }

        var anyGroup = IntervalSet.Of(SolicitedNode, SolicitedNode | (((UInt128)1 << LowBits) - 1));
        Add(NeighbourMessage.SolicitationIn, In(Solicitation, _ownGroups));
        Add(NeighbourMessage.ProbeIn, In(Solicitation, _own));
        Add(NeighbourMessage.AdvertisementIn, In(Advertisement, _own));
        Add(NeighbourMessage.SolicitationOut, Out(Solicitation, anyGroup));
        Add(NeighbourMessage.ProbeOut, Out(Solicitation, _neighbours));
        Add(NeighbourMessage.AdvertisementOut, Out(Advertisement, _neighbours));
        return result;

        void Add(NeighbourMessage message, FlowQuery query)
        {
            foreach (var region in judge(query).Regions)
            {
                if (region.Outcome.Decision is not (FlowDecision.Accept or FlowDecision.NoRoute))
                {
                    result.Add(new NeighbourProblem(message, region));
                }
            }
        }
    }

    private FlowQuery In(byte type, IntervalSet destinations) =>
        Query(FlowDirection.Inbound, type) with { Sources = _neighbours, Destinations = destinations, Interfaces = [_interface] };

    private FlowQuery Out(byte type, IntervalSet destinations) =>
        Query(FlowDirection.Outbound, type) with { Sources = _own, Destinations = destinations, OutputInterface = _interface };

    private static FlowQuery Query(FlowDirection direction, byte type) => new()
    {
        Direction = direction,
        IsIPv4 = false,
        Protocol = IcmpIPv6,
        IcmpType = type,
        HopLimit = LinkHopLimit,
        State = ConnectionState.Untracked,
        UserId = 0,
        GroupId = 0,
        WithReplies = false,
    };
}
