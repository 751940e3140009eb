using System.Net;
using Portolan.Lab.Running.Places;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Lab.Running.Hosts;

/// <summary>A host, or a range of hosts that share one stack: addresses, policies, services.</summary>
internal sealed class VirtualHost : LabNode, IPacketGate
{
    /// <summary>Of a host with more open ports one listener hears all.</summary>
    internal const int MostListeners = 256;

    private const int Backlog = 65_536;

    private readonly HostSpec _spec;
    private readonly NetworkSpec _network;
    private readonly SegmentMember _member;
    private readonly ulong _seed;
    private readonly ulong _gateSeed;
    private readonly List<LocalPrefix> _prefixes = [];
    private IReadOnlyList<AddressRange> _left;
    private PortPolicies? _policies;
    private readonly Segment _segment;
    private HostGate? _gate;

    internal VirtualHost(LabEnvironment lab, HostSpec spec, NetworkSpec network, Segment segment, HostState? state = null)
        : base(lab, spec.Name)
    {
        State = state ?? new HostState();
        (_spec, _network, _segment, _seed, _gateSeed) = (spec, network, segment, lab.Random.Next(), lab.Random.Next());
        _left = spec.Addresses;
        _member = Join(segment);
        foreach (var range in spec.Addresses)
        {
            if (range.First == range.Last)
            {
                segment.AddAddress(range.First, _member);
            }
            else
            {
                segment.AddRange(range, _member);
            }
        }

        _member.Gate = this;
        if (spec.AsksForAddress || spec.Ports.Any(IsHeardByAll))
        {
            Hear();
        }

        if (spec.Ports.Any(IsHeardByAll))
        {
            segment.TrustLeasesOf(_member, lab.Clock);
        }
    }

    /// <summary>How it is written down.</summary>
    internal HostSpec Spec => _spec;

    /// <summary>What its services keep. Hosts of a range have one, also those that stand alone by now.</summary>
    internal HostState State { get; }

    private PortPolicies Policies => _policies ??= new PortPolicies(_spec);

    /// <summary>Whether it has a web server on any port.</summary>
    internal bool HasWeb => FindServices().Any(static s => s.Spec.Name is "http" or "https");

    /// <summary>Whether it needs its stack before anybody speaks to it.</summary>
    internal bool WakesAtStart =>
        _spec.AsksForAddress || FindServices().Any(static s => s.Found is IStartingService starting && starting.WakesHost(s.Spec));

    /// <summary>Ends when its services have done what they had to do first; <c>null</c> where no caller waits for that.</summary>
    internal TaskCompletionSource? Started { get; set; }

    /// <summary>Where its listeners listen: any address it has.</summary>
    internal InternetAddress ListenAddress =>
        _spec.Addresses.Any(static r => !r.First.IsIPv4) ? InternetAddress.AnyIPv6 : InternetAddress.AnyIPv4;

    /// <summary>Whether a UDP port with a policy has a socket.</summary>
    internal bool HasUdpSocket(PortPolicy policy) => UdpServer.HasSocket(policy, Policies);

    /// <summary>What gets it its address; <c>null</c> when it has one by the topology, or sleeps.</summary>
    internal DhcpClient? AddressClient { get; private set; }

    /// <summary>What its services use; <c>null</c> while the host sleeps.</summary>
    internal ServiceHost? Services { get; private set; }

    /// <inheritdoc/>
    public bool JudgesWhole => true;

    /// <summary>The first packet that comes makes what judges it, so that unasked hosts cost little.</summary>
    public ReceiveAction Judge(Span<byte> packet, ref Reason why) =>
        (_gate ??= new HostGate(_spec, Policies, Lab.Clock, _gateSeed, this)).Judge(packet, ref why);

    /// <summary>
    /// Whether a socket of the host wants a packet, whatever the policy of its port: it belongs to a connection, or a program has the port,
    /// e.g. a listener for data. A connection in TIME-WAIT is over for a peer that asks for another.
    /// </summary>
    internal bool Wants(in PacketHeads packet)
    {
        if (!IsAwake)
        {
            return false;
        }

        var (local, remote) = (new PortNumber(packet.DestinationPort), new PortNumber(packet.SourcePort));
        return (packet.Protocol == IpProtocol.Tcp
            && Stack.Layers.Tcp.HasPair(packet.Destination, local, packet.Source, remote, withResting: !packet.IsSyn))
            || Stack.Layers.Ports.HoldersOf(packet.Transport, local).Any(
                static h => h.Use is PortUse.Bound or PortUse.Listening || h.Binding.Protocol == TransportProtocol.Udp);
    }

    /// <summary>
    /// Whether a TCP segment meets a listener of its address or a connection, so that no RST refuses it. Unlike <see cref="Wants"/> a port
    /// that is bound only does not count.
    /// </summary>
    internal bool Hears(in PacketHeads packet)
    {
        if (!IsAwake)
        {
            return false;
        }

        var (local, remote) = (new PortNumber(packet.DestinationPort), new PortNumber(packet.SourcePort));
        var asked = new PortBinding(TransportProtocol.Tcp, packet.Destination, local);
        return Stack.Layers.Tcp.HasPair(packet.Destination, local, packet.Source, remote, withResting: !packet.IsSyn)
            || Stack.Layers.Ports.HoldersOf(TransportProtocol.Tcp, local).Any(h => h.Use is PortUse.Listening && h.Binding.Overlaps(asked));
    }

    /// <summary>
    /// Whether a packet is for a port that is closed and that no program of the lab uses: a program of a kernel at this host's place may
    /// listen there.
    /// </summary>
    /// <remarks>A host that counts its ICMP errors, or hears knocks at closed ports, answers for those itself.</remarks>
    internal bool LeavesToPrograms(in PacketHeads packet) =>
        packet.HasPorts && Policies.Of(packet.Transport, packet.DestinationPort) is ClosedPort && !Wants(packet)
        && (packet.Protocol == IpProtocol.Tcp || _spec.IcmpErrorsPerSecond == 0)
        && !_spec.Ports.Any(static rule => rule.Policy is KnockPort);

    /// <summary>Puts a kernel at this host's place.</summary>
    internal HostNamespace AddPlace(VantageSpec where, IPacketLink link)
    {
        var place = new HostNamespace(Lab, this, _member, _network.Quality, link);
        foreach (var address in where.Addresses)
        {
            _member.Places[address] = place;
        }

        _segment.AddPlace(_member, place);
        return place;
    }

    /// <summary>
    /// Of a range: gives addresses up, to a host that stands alone from now on. A stack takes no packet from an address of its own, so
    /// hosts of a range that share one cannot speak to each other.
    /// </summary>
    internal void LetGo(IEnumerable<InternetAddress> addresses)
    {
        foreach (var address in addresses)
        {
            _left = [.. _left.SelectMany(range => Without(range, address))];
            foreach (var prefix in _prefixes.FindAll(p => new AddressPrefix(p.Network, p.Length).Contains(address)))
            {
                _prefixes.Remove(prefix);
                Stack.Layers.Ip.RemovePrefix(prefix);
                var covered = new AddressPrefix(prefix.Network, prefix.Length);
                foreach (var range in Without(new AddressRange(covered.Address, covered.Last), address))
                {
                    AddAddresses(Stack, prefix.Interface, range);
                }
            }
        }
    }

    private static IEnumerable<AddressRange> Without(AddressRange range, InternetAddress address)
    {
        if (!range.Contains(address))
        {
            yield return range;
            yield break;
        }

        if (range.First < address)
        {
            yield return range with { Last = InternetAddress.FromNumber(address.Number - 1, address.IsIPv4) };
        }

        if (address < range.Last)
        {
            yield return range with { First = address.Plus(1) };
        }
    }

    protected override void Furnish(NetworkStack stack)
    {
        var at = Attach(stack, _member, _network.Quality);
        foreach (var range in _left)
        {
            AddAddresses(stack, at, range);
        }

        // All that is not on the segment goes there too: the segment knows the router.
        foreach (var isIPv4 in _spec.Addresses.Select(static r => r.First.IsIPv4).Distinct())
        {
            stack.Layers.Ip.AddRoute(new IpRoute(isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, 0, at));
        }

        Services = new ServiceHost
        {
            Name = _spec.Name,
            Time = Lab.Clock,
            Stack = stack,
            Directory = Lab.Directory,
            Certificates = Lab.Certificates,
            Seed = _seed,
            Shared = Lab.Shared,
            State = State,
            Network = _network.Ipv4 is { } prefix
                ? new LabNeighbourhood(prefix, FindGateway(prefix), a => _segment.FindNamed(a) is not null)
                : null,
        };

        // Programs of its own may hear what goes to all.
        Hear();
        Listen(stack);
        if (_spec.AsksForAddress)
        {
            AddressClient = new DhcpClient(stack, at, Lab.Clock, _gateSeed, _spec.Name);
            Lab.Loop.Post(_ => _ = AddressClient.RunAsync(Lab.Stopping), null);
        }
    }

    protected override NetworkStackOptions MakeOptions() => new()
    {
        Profile = _spec.Personality switch
        {
            "freebsd" => TcpProfile.FreeBsd,
            "windows" => TcpProfile.Windows,
            "minimal" => TcpProfile.Minimal,
            _ => TcpProfile.Linux,
        },
        EphemeralPorts = _spec.EphemeralPorts ?? new NetworkStackOptions().EphemeralPorts,

        // What limits there are the gate keeps, for each host of a range.
        Ip = new IpHostOptions
        {
            Seed = 0,
            HopLimit = _spec.Personality == "windows" ? (byte)128 : (byte)64,
            AnswersEcho = _spec.AnswersPing,
            KeepsEchoCode = _spec.Personality != "windows",
            KeepsEchoDontFragment = _spec.Personality == "freebsd",
            CountsPackets = _spec.Personality == "windows",
            IcmpLimits = new IcmpLimits { PerSecond = 0, PerSecondToOne = 0 },
        },
    };

    private void AddAddresses(NetworkStack stack, IpInterface at, AddressRange range)
    {
        var length = range.First.IsIPv4 ? _network.Ipv4?.Length ?? 32 : _network.Ipv6?.Length ?? 128;
        if (!_spec.IsRange && range.First == range.Last)
        {
            stack.Layers.Ip.AddAddress(at, range.First, length, skipsDetection: true);
            return;
        }

        foreach (var prefix in PrefixesOf(range))
        {
            _prefixes.Add(stack.Layers.Ip.AddPrefix(at, prefix.Address, prefix.Length));
        }
    }

    /// <summary>A range as the fewest prefixes.</summary>
    private static IEnumerable<AddressPrefix> PrefixesOf(AddressRange range)
    {
        var bits = range.First.BitCount;
        for (var next = range.First.Number; next <= range.Last.Number;)
        {
            var size = Math.Min((int)UInt128.TrailingZeroCount(next), bits - 1);
            while (size > 0 && (UInt128.One << size) - 1 > range.Last.Number - next)
            {
                size--;
            }

            yield return new AddressPrefix(InternetAddress.FromNumber(next, range.First.IsIPv4), bits - size);
            next += UInt128.One << size;
            if (next == 0)
            {
                yield break;
            }
        }
    }

    private static bool IsHeardByAll(PortRule rule) =>
        rule is { Protocol: TransportProtocol.Udp, Policy: OpenPort open } && ServiceCatalogue.TryFind(open.Service.Name, out var found)
            && found is IBroadcastService;

    /// <summary>From now on it is asked about what goes to all on the network.</summary>
    private void Hear()
    {
        _member.HearsPort ??= HearsPort;
        _segment.AddEar(_member);
    }

    private bool HearsPort(ushort port) =>
        IsAwake ? Stack.Layers.Ports.HoldersOf(TransportProtocol.Udp, new PortNumber(port)).Any()
            : _spec.Ports.Any(rule => IsHeardByAll(rule) && rule.Ports.Contains(new PortNumber(port)));

    private InternetAddress? FindGateway(AddressPrefix prefix)
    {
        var router = _segment.Members.FirstOrDefault(static m => m.IsRouter);
        return router?.Addresses!.Where(a => a.IsIPv4 && prefix.Contains(a)).Select(static a => (InternetAddress?)a).FirstOrDefault();
    }

    private void Listen(NetworkStack stack)
    {
        var any = new IPEndPoint(ListenAddress.ToIPAddress(), 0);
        var open = _spec.Ports.Where(static rule => rule is { Protocol: TransportProtocol.Tcp, Policy: OpenPort or ProxyPort or ExecPort })
            .ToList();
        var needsCatchAll = Policies.DefaultTcp is not (ClosedPort or FilteredPort or RejectedPort or RateLimitedPort)
            || open.Sum(static rule => rule.Ports.Count) > MostListeners
            || _spec.Ports.Any(static rule => rule.Protocol == TransportProtocol.Tcp && IsSometimesOpen(rule.Policy));
        if (!needsCatchAll || open.Sum(static rule => rule.Ports.Count) <= MostListeners)
        {
            foreach (var rule in open)
            {
                foreach (var port in rule.Ports)
                {
                    var acceptor = stack.ListenTcp(new IPEndPoint(any.Address, port.Value), new TcpListenOptions { Backlog = Backlog });
                    TcpServer.Run(acceptor, this, Policies, Lab);
                }
            }
        }

        if (needsCatchAll)
        {
            // The gate has let in what may come in; closed ports are left to answer.
            var acceptor = stack.ListenTcp(any, new TcpListenOptions { Backlog = Backlog, IsEveryPort = true, Admission = Admit });
            TcpServer.Run(acceptor, this, Policies, Lab);
        }

        UdpServer.Listen(this, stack, any.Address, Lab.Datagrams);
        if (Started is not null || FindServices().Any(static s => s.Found is IStartingService))
        {
            Lab.Loop.Post(_ => _ = StartServicesAsync(), null);
        }
    }

    private async Task StartServicesAsync()
    {
        var starting = new List<Task>();
        foreach (var (service, found) in FindServices())
        {
            if (found is IStartingService own)
            {
                starting.Add(own.StartAsync(Services!, service, Lab.Stopping));
            }
        }

        try
        {
            await Task.WhenAll(starting);
        }
        finally
        {
            Started?.TrySetResult();
        }
    }

    private IEnumerable<(ServiceSpec Spec, ILabService Found)> FindServices()
    {
        foreach (var policy in _spec.Ports.Select(static rule => rule.Policy).Prepend(_spec.DefaultUdp).Prepend(_spec.DefaultTcp))
        {
            if (policy.FindService() is { } service && ServiceCatalogue.TryFind(service.Name, out var found))
            {
                yield return (service, found);
            }
        }
    }

    private static bool IsSometimesOpen(PortPolicy policy) => policy is FlappingPort or TarpitPort or SynProxyPort or KnockPort;

    private TcpDecision Admit(in TcpRequest request) =>
        Policies.Of(TransportProtocol.Tcp, request.LocalPort.Value) is ClosedPort or RateLimitedPort or RejectedPort or FilteredPort
            ? TcpDecision.Reset
            : TcpDecision.Accept;
}
