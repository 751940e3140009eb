using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>
/// Topologies made by hand: the vantage 198.18.0.250 on <c>office</c>, the router <c>edge</c>, and behind it <c>servers</c>, 198.18.1.0/24.
/// </summary>
internal static class LabStories
{
    public static DateTimeOffset Time { get; } = new(2026, 11, 6, 11, 13, 3, TimeSpan.Zero);

    public static TruthOptions Options { get; } = new()
    {
        Arguments = ["portolan", "lab", "truth", "office", "--json"],
        Version = "1.2.3",
        Time = Time,
    };

    public static LabTopology Office(params HostSpec[] hosts) => new()
    {
        Name = "office",
        Networks =
        [
            new NetworkSpec { Name = "office", Ipv4 = Prefix("198.18.0.0/24"), Ipv6 = Prefix("2001:db8::/64") },
            new NetworkSpec { Name = "servers", Ipv4 = Prefix("198.18.1.0/24"), Ipv6 = Prefix("2001:db8:1::/64") },
        ],
        Routers = [Edge()],
        Hosts = hosts,
        Vantage = new VantageSpec("office", Address("198.18.0.250"), Address("2001:db8::fa")),
    };

    public static RouterSpec Edge(params FirewallRule[] rules) => new()
    {
        Name = "edge",
        Ports =
        [
            new RouterPort("office", Address("198.18.0.1"), Address("2001:db8::1")),
            new RouterPort("servers", Address("198.18.1.1"), Address("2001:db8:1::1")),
        ],
        Rules = rules,
    };

    public static HostSpec Host(string address, params PortRule[] ports) => new()
    {
        Name = "web",
        Network = address.StartsWith("198.18.0.", StringComparison.Ordinal) || address.StartsWith("2001:db8::", StringComparison.Ordinal)
            ? "office"
            : "servers",
        Addresses = [Range(address)],
        IsRange = address.Contains('-', StringComparison.Ordinal),
        Ports = ports,
    };

    public static PortRule Tcp(string ports, PortPolicy policy) => new(TransportProtocol.Tcp, PortSet.Parse(ports), policy);

    public static PortRule Udp(string ports, PortPolicy policy) => new(TransportProtocol.Udp, PortSet.Parse(ports), policy);

    public static FirewallRule Drop(TransportProtocol? protocol = null, string? from = null, string? to = null, string? ports = null) =>
        Rule(FirewallAction.Drop, protocol, from, to, ports);

    public static FirewallRule Allow(TransportProtocol? protocol = null, string? from = null, string? to = null, string? ports = null) =>
        Rule(FirewallAction.Allow, protocol, from, to, ports);

    public static FirewallRule Reject(
        RefusalKind kind, TransportProtocol? protocol = null, string? from = null, string? to = null, string? ports = null) =>
        Rule(new FirewallAction(FirewallActionKind.Reject, kind), protocol, from, to, ports);

    /// <summary>The truth of a port in short: <c>filtered admin-prohibited by 198.18.0.1</c>.</summary>
    public static string Said(LabTopology topology, string address, int port, ProbeType? type = null) =>
        LabTruth.Create(topology).PortOf(Address(address), type ?? ProbeType.Syn, new PortNumber((ushort)port)) is { } truth
            ? $"{truth.State.Name()} {Portolan.Scan.Results.ReplyReasonNames.Name(truth.Reason)}{(truth.By is { } by ? $" by {by}" : "")}"
                + $"{(truth.Varies ? " varies" : "")}"
            : "none";

    public static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    public static AddressPrefix Prefix(string text) =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    private static AddressRange Range(string text) =>
        text.Split('-') is [var first, var last] ? new(Address(first), Address(last)) : new(Address(text), Address(text));

    private static FirewallRule Rule(FirewallAction action, TransportProtocol? protocol, string? from, string? to, string? ports) =>
        new(
            action, protocol, from is null ? null : Prefix(from), to is null ? null : Prefix(to),
            ports is null ? null : PortSet.Parse(ports));
}
