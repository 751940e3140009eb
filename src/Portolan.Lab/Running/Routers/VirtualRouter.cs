using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Reassembly;
using PathTable = Portolan.Lab.Topology.Paths.PathTable;

namespace Portolan.Lab.Running.Routers;

/// <summary>A router: a stack that passes packets on, and a gate that filters and forwards ports before it.</summary>
internal sealed class VirtualRouter : LabNode
{
    private readonly RouterSpec _spec;
    private readonly LabTopology _topology;
    private readonly PathTable _paths;
    private readonly HashSet<InternetAddress> _own;
    private readonly Dictionary<Crossing, (SegmentMember Member, LinkQuality Quality)> _ends = [];

    internal VirtualRouter(LabEnvironment lab, RouterSpec spec, LabTopology topology, PathTable paths)
        : base(lab, spec.Name)
    {
        (_spec, _topology, _paths) = (spec, topology, paths);
        _own = [.. spec.Addresses];
        Gate = new RouterGate(spec, _own, lab.Clock);
    }

    private RouterGate Gate { get; }

    /// <summary>Puts it into a network or onto a link.</summary>
    internal SegmentMember Join(Segment segment, Crossing crossing, LinkQuality quality)
    {
        var member = Join(segment, _own);
        member.Gate = Gate;
        _ends.Add(crossing, (member, quality));
        foreach (var port in _spec.Ports.Where(p => p.Network == crossing.Network))
        {
            foreach (var address in port.Addresses)
            {
                segment.AddAddress(address, member);
            }
        }

        return member;
    }

    protected override NetworkStackOptions MakeOptions() => new()
    {
        Ip = new IpHostOptions
        {
            Seed = 0,
            IsForwarding = true,
            IcmpLimits = new IcmpLimits { PerSecond = 0, PerSecondToOne = 0 },
            Reassembly = new ReassemblyOptions { TakesTinyIPv4 = true },
        },
    };

    protected override void Furnish(NetworkStack stack)
    {
        var interfaces = _ends.ToDictionary(static e => e.Key, e => Attach(stack, e.Value.Member, e.Value.Quality));
        foreach (var (crossing, at) in interfaces)
        {
            foreach (var port in _spec.Ports.Where(p => crossing.Network is not null && p.Network == crossing.Network))
            {
                var network = _topology.Networks.First(n => n.Name == crossing.Network);
                AddAddress(stack, at, port.Ipv4, network.Ipv4);
                AddAddress(stack, at, port.Ipv6, network.Ipv6);
            }
        }

        foreach (var network in _topology.Networks)
        {
            if (_paths.Next(_spec.Name, network.Name) is { } next)
            {
                AddRoute(stack, next, network.Ipv4, interfaces);
                AddRoute(stack, next, network.Ipv6, interfaces);
            }
        }

        foreach (var router in _topology.Routers.Where(r => r.Name != _spec.Name))
        {
            foreach (var address in router.Addresses)
            {
                if (_paths.Next(_spec.Name, router.Name) is { } next)
                {
                    AddRoute(stack, next, new AddressPrefix(address, address.BitCount), interfaces);
                }
            }
        }
    }

    private static void AddAddress(NetworkStack stack, IpInterface at, InternetAddress? address, AddressPrefix? network)
    {
        if (address is { } known && network is { } prefix)
        {
            stack.Layers.Ip.AddAddress(at, known, prefix.Length, skipsDetection: true);
        }
    }

    private void AddRoute(NetworkStack stack, in NextHop next, AddressPrefix? network, Dictionary<Crossing, IpInterface> interfaces)
    {
        if (network is not { } prefix)
        {
            return;
        }

        // A network where it has no address of its own family, and a link, which has none at all: it answers from its first address.
        var at = interfaces[next.Over];
        var hasAddress = at.Addresses.Any(a => a.Address.IsIPv4 == prefix.Address.IsIPv4);
        InternetAddress? first = hasAddress
            ? null
            : _spec.Ports.Select(p => prefix.Address.IsIPv4 ? p.Ipv4 : p.Ipv6).FirstOrDefault(static a => a is not null);
        if (next.Router is not null || !hasAddress)
        {
            stack.Layers.Ip.AddRoute(new IpRoute(prefix.Address, prefix.Length, at, Source: first));
        }
    }
}
