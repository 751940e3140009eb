using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Routers;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;

namespace Portolan.Lab.Running;

// Building: the segments, machines and ways of a topology.
public sealed partial class VirtualNetwork
{
    private Segment NewSegment(string name, AddressPrefix? ipv4, AddressPrefix? ipv6)
    {
        var segment = new Segment(name, ipv4, ipv6, _lab.Frames, _lab.Log);
        _segments.Add(segment);
        return segment;
    }

    private void BuildRouters(PathTable paths)
    {
        foreach (var network in Topology.Networks)
        {
            NewSegment(network.Name, network.Ipv4, network.Ipv6);
        }

        foreach (var spec in Topology.Routers)
        {
            var router = new VirtualRouter(_lab, spec, Topology, paths);
            _routers.Add(spec.Name, router);
            foreach (var name in spec.Ports.Select(static p => p.Network).Distinct())
            {
                router.Join(SegmentOf(name), Crossing.Of(name), NetworkOf(name).Quality);
            }
        }

        for (var number = 0; number < Topology.Links.Count; number++)
        {
            var link = Topology.Links[number];
            var segment = NewSegment(CaptureView.LinkName(link), null, null);
            _routers[link.First].Join(segment, Crossing.Of(number), link.Quality).Shaping = link.Shaping;
            _routers[link.Second].Join(segment, Crossing.Of(number), link.Quality).Shaping = link.Shaping;
        }
    }

    private void BuildHosts()
    {
        foreach (var spec in Topology.Hosts)
        {
            var host = new VirtualHost(_lab, spec, NetworkOf(spec.Network), SegmentOf(spec.Network));
            _hosts.Add(spec.Name, host);
            if (host.HasWeb)
            {
                // One server for all of them. It takes a moment to start, and need not wait for the first client.
                _ = _lab.Shared.Web.StartAsync();
            }

            if (host.WakesAtStart)
            {
                // It has something to do before anybody asks.
                host.Started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _starting.Add(host.Started.Task);
                _lab.Loop.Post(_ => _ = host.Stack, null);
            }
        }
    }

    private void AddHops(PathTable paths)
    {
        foreach (var segment in _segments.Where(static s => !s.IsLink))
        {
            foreach (var network in Topology.Networks.Where(n => n.Name != segment.Name))
            {
                AddHop(paths, segment, network.Name, network.Ipv4);
                AddHop(paths, segment, network.Name, network.Ipv6);
            }

            foreach (var router in Topology.Routers)
            {
                foreach (var address in router.Ports.Where(p => p.Network != segment.Name).SelectMany(static p => p.Addresses))
                {
                    AddHop(paths, segment, router.Name, new AddressPrefix(address, address.BitCount));
                }
            }
        }
    }

    private static void AddHop(PathTable paths, Segment segment, string to, AddressPrefix? network)
    {
        if (network is { } prefix && paths.Next(segment.Name, to)?.Router is { } name
            && segment.Members.FirstOrDefault(m => m.IsRouter && m.Name == name) is { } member)
        {
            segment.AddHop(prefix, member);
        }
    }

    private Vantage AddVantage(Packets.Links.IPacketLink outside)
    {
        var place = Topology.ResolveVantage();
        var segment = SegmentOf(place.Network);
        var vantage = new Vantage(_lab, outside, segment, NetworkOf(place.Network).Quality);
        foreach (var address in place.Addresses)
        {
            segment.AddAddress(address, vantage.Member);
        }

        return vantage;
    }

    private NetworkSpec NetworkOf(string name) => Topology.Networks.First(n => n.Name == name);

    private Segment SegmentOf(string name) => _segments.First(s => s.Name == name);
}
