namespace Portolan.Lab.Topology;

/// <summary>A router: passes packets on, answers with ICMP for hosts that are not there, filters and forwards ports.</summary>
public sealed record RouterSpec
{
    /// <summary>As the topology's file names the router.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The networks it is in, with its address in each. The first address is the one it answers from on links without addresses.
    /// </summary>
    public required IReadOnlyList<RouterPort> Ports { get; init; }

    internal IEnumerable<InternetAddress> Addresses => Ports.SelectMany(static p => p.Addresses);

    /// <summary>
    /// Its rules for what it passes on, in order; the first that matches decides. Replies to what was allowed pass always.
    /// </summary>
    public IReadOnlyList<FirewallRule> Rules { get; init; } = [];

    /// <summary>What becomes of packets that no rule matches.</summary>
    public FirewallAction DefaultAction { get; init; } = FirewallAction.Allow;

    /// <summary>Connections to its addresses that it passes to other hosts (DNAT).</summary>
    public IReadOnlyList<RouterForward> Forwards { get; init; } = [];
}

/// <summary>A router's place in a network.</summary>
/// <param name="Network">The network.</param>
/// <param name="Ipv4">Its address there; <c>null</c> for none.</param>
/// <param name="Ipv6">Its address there; <c>null</c> for none.</param>
public sealed record RouterPort(string Network, InternetAddress? Ipv4, InternetAddress? Ipv6)
{
    internal IEnumerable<InternetAddress> Addresses => new[] { Ipv4, Ipv6 }.OfType<InternetAddress>();
}

/// <summary>A rule for packets that a router passes on. What is <c>null</c> matches all.</summary>
/// <param name="Action">What becomes of them.</param>
/// <param name="Protocol">Their protocol.</param>
/// <param name="From">Where they come from.</param>
/// <param name="To">Where they go.</param>
/// <param name="Ports">Their destination port; only with a protocol.</param>
public sealed record FirewallRule(
    FirewallAction Action, TransportProtocol? Protocol, AddressPrefix? From, AddressPrefix? To, PortSet? Ports);

/// <summary>What a firewall does with a packet: allow it, drop it, or refuse it with an error.</summary>
/// <param name="Kind">What.</param>
/// <param name="Error">With <see cref="FirewallActionKind.Reject"/>: the error that is sent, from the router.</param>
public readonly record struct FirewallAction(FirewallActionKind Kind, RefusalKind Error = RefusalKind.PortUnreachable)
{
    /// <summary>It passes.</summary>
    public static FirewallAction Allow => new(FirewallActionKind.Allow);

    /// <summary>It vanishes.</summary>
    public static FirewallAction Drop => new(FirewallActionKind.Drop);
}

/// <summary>The kinds of <see cref="FirewallAction"/>.</summary>
public enum FirewallActionKind : byte
{
    /// <summary>It passes.</summary>
    Allow,

    /// <summary>It vanishes.</summary>
    Drop,

    /// <summary>Its sender is notified.</summary>
    Reject,
}

/// <summary>DNAT: connections to a port of a router that another host takes.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Port">The router's port, on all its addresses of the target's family.</param>
/// <param name="Target">The host's address.</param>
/// <param name="TargetPort">Its port.</param>
public sealed record RouterForward(TransportProtocol Protocol, PortNumber Port, InternetAddress Target, PortNumber TargetPort);
