using Portolan.Lab.Topology;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// Which packets a capture has. A routed packet crosses several networks, and Wireshark takes a second sight of it for a retransmission.
/// </summary>
/// <remarks>
/// Usually each packet is there once. What a router translates is another packet from there on, and is
/// there too.
/// </remarks>
public sealed class CaptureView
{
    private readonly CaptureScope _scope;
    private readonly string _name;

    private CaptureView(CaptureScope scope, string name = "") => (_scope, _name) = (scope, name);

    private enum CaptureScope : byte
    {
        Once,
        All,
        Network,
        Host,
    }

    /// <summary>Each packet once; those of a socket pair on the network where its first one was sent.</summary>
    public static CaptureView Once { get; } = new(CaptureScope.Once);

    /// <summary>Each packet on every network that it crosses.</summary>
    public static CaptureView All { get; } = new(CaptureScope.All);

    /// <summary>What crosses one network or link.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="name">The network, or the link as <c>FIRST-SECOND</c>.</param>
    /// <exception cref="PortolanException">There is none of that name.</exception>
    public static CaptureView OfNetwork(LabTopology topology, string name)
    {
        ArgumentNullException.ThrowIfNull(topology);
        string[] names = [.. topology.Networks.Select(static n => n.Name), .. topology.Links.Select(LinkName)];
        return new(CaptureScope.Network, Find(name, "network or link", names));
    }

    /// <summary>What one host, range of hosts or router sends and receives. What a router passes on is there once, as it comes.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="name">The host, or <c>vantage</c> for the command that runs in the lab.</param>
    /// <exception cref="PortolanException">There is none of that name.</exception>
    public static CaptureView OfHost(LabTopology topology, string name)
    {
        ArgumentNullException.ThrowIfNull(topology);
        string[] names = [
            .. topology.Hosts.Select(static h => h.Name), .. topology.Routers.Select(static r => r.Name), LabDirectory.VantageName];
        return new(CaptureScope.Host, Find(name, "host or router", names));
    }

    /// <summary>Whether it has each packet once.</summary>
    internal bool IsOnce => _scope == CaptureScope.Once;

    /// <summary>What a link is named.</summary>
    internal static string LinkName(LinkSpec link) => $"{link.First}-{link.Second}";

    /// <summary>Whether packets of a segment can be in it.</summary>
    internal bool Shows(Segment segment) => _scope switch
    {
        CaptureScope.Network => segment.Name == _name,

        // The vantage comes when the lab is built, and may stand on any.
        CaptureScope.Host => _name == LabDirectory.VantageName || segment.Members.Any(m => m.Name == _name),
        _ => true,
    };

    /// <summary>Whether a packet that crosses a segment is in it.</summary>
    internal bool Takes(
        Segment segment, SegmentMember from, SegmentMember? to, ReadOnlySpan<byte> packet, WireOutcome fate) => _scope switch
        {
            CaptureScope.All => true,
            CaptureScope.Network => segment.Name == _name,
            CaptureScope.Host => (to?.Name == _name && fate != WireOutcome.Lost) || (from.Name == _name && IsFirstSight(from, packet)),
            _ => IsFirstSight(from, packet),
        };

    /// <summary>Whether a frame of a cable is in it.</summary>
    /// <param name="cable">The cable.</param>
    /// <param name="from">The machine that sends it.</param>
    /// <param name="to">The machine at the other end.</param>
    /// <param name="isOfSender">Whether the sender made what is in it, and passes on nothing.</param>
    internal bool TakesFrame(string cable, string from, string to, bool isOfSender) => _scope switch
    {
        CaptureScope.All => true,
        CaptureScope.Network => cable == _name,
        CaptureScope.Host => to == _name || (from == _name && isOfSender),
        _ => isOfSender,
    };

    /// <summary>Whether one more of those who hear a packet to all is the host that is watched.</summary>
    internal bool TakesEar(SegmentMember ear) => _scope == CaptureScope.Host && ear.Name == _name;

    /// <summary>Whether a packet was not on another network before as it looks here: its sender made it, or translated it.</summary>
    internal static bool IsFirstSight(SegmentMember from, ReadOnlySpan<byte> packet) =>
        !from.IsRouter || !PacketHeads.TryRead(packet, out var heads) || from.Owns(heads.Source)
        || from.Gate?.HasChangedOrMade(packet) == true;

    private static string Find(string name, string kind, IReadOnlyList<string> names) =>
        names.FirstOrDefault(n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new PortolanException($"the lab has no {kind} named {name}", $"there are {Advice.List(names)}", ExitCode.Usage);
}
