using Portolan.Firewall.Host.Ipsec;
using Portolan.Linux;

namespace Portolan.Firewall.Host;

/// <summary>What decides about a packet besides rules: interfaces, addresses, routes and the kernel's settings, at one moment.</summary>
public sealed record HostFacts
{
    /// <summary>The interfaces.</summary>
    public required IReadOnlyList<HostInterface> Interfaces { get; init; }

    /// <summary>The addresses that packets can be sent to.</summary>
    public required IReadOnlyList<HostAddress> Addresses { get; init; }

    /// <summary>The addresses of IPv6 that this machine does not answer for: duplicate address detection failed, or goes on.</summary>
    public IReadOnlyList<HostAddress> UnusableAddresses { get; init; } = [];

    /// <summary>The routes of all tables, both families.</summary>
    public required IReadOnlyList<HostRoute> Routes { get; init; }

    /// <summary>The policy routing rules, both families, in order of preference (ip-rule(8)).</summary>
    public required IReadOnlyList<PolicyRule> PolicyRules { get; init; }

    /// <summary>Whether IPv4 is forwarded (net.ipv4.ip_forward).</summary>
    public bool ForwardsIPv4 { get; init; }

    /// <summary>Whether IPv6 is forwarded (net.ipv6.conf.all.forwarding).</summary>
    public bool ForwardsIPv6 { get; init; }

    /// <summary>
    /// Whether tracking takes up connections of TCP in their middle (net.netfilter.nf_conntrack_tcp_loose), as it does unless told not to;
    /// <c>null</c> where that is not known.
    /// </summary>
    public bool? TakesUpConnections { get; init; } = true;

    /// <summary>
    /// Whether a TCP connection to a listener without a mark of its own answers with the mark of its SYN (net.ipv4.tcp_fwmark_accept, for
    /// both families).
    /// </summary>
    public bool AcceptsTcpMarks { get; init; }

    /// <summary>TTL of IPv4 packets of sockets that have none of their own (ip_default_ttl).</summary>
    public int DefaultTtl { get; init; } = 64;

    /// <summary>Whether the kernel's own answers have the mark of the packet that they answer (net.ipv4.fwmark_reflect).</summary>
    public bool ReflectsIPv4Marks { get; init; }

    /// <summary>The same for IPv6 (net.ipv6.fwmark_reflect).</summary>
    public bool ReflectsIPv6Marks { get; init; }

    /// <summary>The time that rules about hours and days are judged at; <c>null</c> where that is not known.</summary>
    public KernelClock? Clock { get; init; }

    /// <summary>The policies of IPsec; <c>null</c> where they were not looked at.</summary>
    public IpsecReading? Ipsec { get; init; }

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>Whether the settings that hold for all interfaces were read: else rp_filter as it works is not known.</summary>
    public bool KnowsSettings { get; init; } = true;

    private readonly InterfaceIndex _index = new();

    /// <summary>Whether RSTs and echo replies of a family have the mark of the packet that they answer.</summary>
    public bool ReflectsMarks(bool isIPv4) => isIPv4 ? ReflectsIPv4Marks : ReflectsIPv6Marks;

    /// <summary>The interface of an index, or <c>null</c>.</summary>
    public HostInterface? Interface(int index) => _index.Find(Interfaces, index);

    // No part of what is compared. Copies share it, and may have other interfaces.
    private sealed class InterfaceIndex
    {
        private volatile Entries? _entries;

        public HostInterface? Find(IReadOnlyList<HostInterface> interfaces, int index)
        {
            if (_entries is not { } known || !ReferenceEquals(known.Of, interfaces))
            {
                var byIndex = new Dictionary<int, HostInterface>();
                foreach (var candidate in interfaces)
                {
                    byIndex.TryAdd(candidate.Index, candidate);
                }

                _entries = known = new Entries(interfaces, byIndex);
            }

            return known.ByIndex.GetValueOrDefault(index);
        }

        public override bool Equals(object? obj) => obj is InterfaceIndex;

        public override int GetHashCode() => 0;

        private sealed record Entries(IReadOnlyList<HostInterface> Of, Dictionary<int, HostInterface> ByIndex);
    }
}

/// <summary>A network interface.</summary>
/// <param name="Index">The kernel's number.</param>
/// <param name="Name">Hostile text.</param>
public sealed record HostInterface(int Index, string Name)
{
    /// <summary>Whether it is up (IFF_UP).</summary>
    public bool IsUp { get; init; }

    /// <summary>Whether it is a loopback (IFF_LOOPBACK).</summary>
    public bool IsLoopback { get; init; }

    /// <summary>ARPHRD_* (1 Ethernet, 772 loopback).</summary>
    public ushort HardwareType { get; init; }

    /// <summary>Whether it neither answers nor asks who has an address (IFF_NOARP).</summary>
    public bool HasNoArp { get; init; }

    /// <summary>
    /// Whether it is an Ethernet link with ARP and neighbour discovery turned off: both sides need permanent neighbour entries. Not one
    /// whose kind has none by design (VRF, ipvlan, dummy).
    /// </summary>
    public bool IsSilent => HasNoArp && HardwareType == 1 && !IsLoopback
        && Kind is ("" or "veth" or "bridge" or "bond" or "team" or "vlan" or "macvlan");

    /// <summary>Its group (IFLA_GROUP).</summary>
    public uint Group { get; init; }

    /// <summary>Its kind (IFLA_INFO_KIND), such as <c>veth</c> or <c>bridge</c>; empty for none.</summary>
    public string Kind { get; init; } = "";

    /// <summary>
    /// Whether packets that arrive here may have the key of a tunnel (skb_tunnel_info): hardware, cables and TUN never hand one on.
    /// </summary>
    public bool MayHandOnTunnels => !IsLoopback && Kind is not ("" or "veth" or "tun" or "dummy");

    /// <summary>The index of the bridge, bond or VRF it belongs to, 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>The index of the interface at its other end (IFLA_LINK), which may be one of another namespace; 0 for none.</summary>
    public int Peer { get; init; }

    /// <summary>The routing table of a VRF (IFLA_VRF_TABLE), or <c>null</c>.</summary>
    public uint? VrfTable { get; init; }

    /// <summary>rp_filter as it works: the larger of the interface's and that of "all": 0 off, 1 strict, 2 loose.</summary>
    public int ReversePathFilter { get; init; }

    /// <summary>Whether own addresses may be senders (accept_local).</summary>
    public bool AcceptsLocalSources { get; init; }

    /// <summary>Whether hosts on the link get redirects to better routes (send_redirects); then senders are checked more closely.</summary>
    public bool SendsRedirects { get; init; } = true;

    /// <summary>Whether 127.0.0.0/8 is routed here (route_localnet).</summary>
    public bool RoutesLoopback { get; init; }

    /// <summary>Whether the check of senders looks their route up with the packet's mark (src_valid_mark).</summary>
    public bool ChecksSourcesByMark { get; init; }

    /// <summary>Whether IPv4 that comes in here is forwarded (net.ipv4.conf.NAME.forwarding).</summary>
    public bool ForwardsIPv4 { get; init; }

    /// <summary>
    /// Whether IPv6 that comes in here is forwarded: everywhere by net.ipv6.conf.all.forwarding, or only here
    /// (net.ipv6.conf.NAME.force_forwarding).
    /// </summary>
    public bool ForwardsIPv6 { get; init; }

    /// <summary>Whether IPv6 is off here (disable_ipv6).</summary>
    public bool HasNoIPv6 { get; init; }

    /// <summary>Whether an XDP program is attached, which may drop packets before all rules.</summary>
    public bool HasXdp { get; init; }
}

/// <summary>An address of an interface.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of its network.</param>
public sealed record HostAddress(int InterfaceIndex, InternetAddress Address, int PrefixLength)
{
    /// <summary>Whether duplicate address detection found another host with it (IFA_F_DADFAILED).</summary>
    public bool IsDuplicate { get; init; }
}

/// <summary>A route (rtnetlink(7)).</summary>
/// <param name="Table">Its table: 255 local, 254 main, 253 default.</param>
/// <param name="Destination">Where it leads.</param>
/// <param name="PrefixLength">Bits of that.</param>
/// <param name="Kind">RTN_*.</param>
/// <param name="Metric">The lower wins.</param>
public sealed record HostRoute(uint Table, InternetAddress Destination, int PrefixLength, HostRouteKind Kind, uint Metric)
{
    /// <summary>The interfaces it leads out of: one, or those of a multipath route; none for a route to nowhere.</summary>
    public IReadOnlyList<int> Interfaces { get; init; } = [];

    /// <summary>The gateway, of the first next hop; <c>null</c> for a network on the link.</summary>
    public InternetAddress? Gateway { get; init; }

    /// <summary>The next hops of a multipath route, each an interface and its gateway; empty where there is one at most.</summary>
    public IReadOnlyList<(int Interface, InternetAddress? Gateway)> Hops { get; init; } = [];

    /// <summary>The gateway beyond one of its interfaces; <c>null</c> for a network on the link.</summary>
    public InternetAddress? GatewayBeyond(int interfaceIndex)
    {
        foreach (var (index, gateway) in Hops)
        {
            if (index == interfaceIndex)
            {
                return gateway;
            }
        }

        return Gateway;
    }

    /// <summary>Preferred source (RTA_PREFSRC), or <c>null</c>.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>Scope (RT_SCOPE_*): 0 universe, 253 link, 254 host.</summary>
    public byte Scope { get; init; }

    /// <summary>Type of service a packet must have (rtm_tos), 0 for any; IPv4 only.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>Source prefix a packet must come from (RTA_SRC, "from" of ip-route(8)), or <c>null</c> for all; IPv6 only.</summary>
    public InternetAddress? From { get; init; }

    /// <summary>Bits of it.</summary>
    public int FromLength { get; init; }

    /// <summary>
    /// Whether the kernel passes over it: all its next hops are dead, or without a carrier where ignore_routes_with_linkdown is set.
    /// </summary>
    public bool IsDead { get; init; }
}

/// <summary>Kinds of routes (linux/rtnetlink.h: RTN_*).</summary>
public enum HostRouteKind : byte
{
    /// <summary>RTN_UNSPEC: no route.</summary>
    None = 0,

    /// <summary>To an interface or gateway.</summary>
    Unicast = 1,

    /// <summary>To this machine.</summary>
    Local = 2,

    /// <summary>A broadcast address.</summary>
    Broadcast = 3,

    /// <summary>An anycast address of this machine.</summary>
    Anycast = 4,

    /// <summary>A multicast address.</summary>
    Multicast = 5,

    /// <summary>Dropped in silence.</summary>
    Blackhole = 6,

    /// <summary>Answered with ICMP unreachable.</summary>
    Unreachable = 7,

    /// <summary>Answered with ICMP prohibited.</summary>
    Prohibit = 8,

    /// <summary>Goes on in the next table.</summary>
    Throw = 9,
}
