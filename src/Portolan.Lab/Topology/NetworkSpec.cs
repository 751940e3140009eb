namespace Portolan.Lab.Topology;

/// <summary>A segment on which hosts and routers are neighbours.</summary>
public sealed record NetworkSpec
{
    /// <summary>As the topology's file names the network.</summary>
    public required string Name { get; init; }

    /// <summary>Its IPv4 prefix; <c>null</c> when it has none.</summary>
    public AddressPrefix? Ipv4 { get; init; }

    /// <summary>Its IPv6 prefix; <c>null</c> when it has none.</summary>
    public AddressPrefix? Ipv6 { get; init; }

    internal IEnumerable<AddressPrefix> Prefixes => new[] { Ipv4, Ipv6 }.OfType<AddressPrefix>();

    /// <summary>What crossing it once is like, from any neighbour to any other. The bandwidth is each neighbour's own.</summary>
    public LinkQuality Quality { get; init; } = LinkQuality.Perfect;
}

/// <summary>A link from one router to another, without addresses of its own.</summary>
/// <param name="First">The name of a router.</param>
/// <param name="Second">The name of another.</param>
/// <param name="Quality">What crossing it is like, in each direction.</param>
public sealed record LinkSpec(string First, string Second, LinkQuality Quality)
{
    /// <summary>Who goes first when packets wait for the bandwidth; empty for first come, first served.</summary>
    public IReadOnlyList<ShapingClass> Shaping { get; init; } = [];
}

/// <summary>Packets that go before others where they wait for the bandwidth of a link.</summary>
/// <param name="Protocol">Their protocol.</param>
/// <param name="Ports">One of their two ports is among these.</param>
/// <param name="Priority">Lower goes first; all that no class names has 100.</param>
public sealed record ShapingClass(TransportProtocol Protocol, PortSet Ports, int Priority);

/// <summary>What crossing a network or a link is like, one way.</summary>
public sealed record LinkQuality
{
    /// <summary>Nothing is lost or delayed, Ethernet's MTU.</summary>
    public static LinkQuality Perfect { get; } = new();

    /// <summary>How long every packet takes.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How much longer one may take, evenly spread; packets keep their order.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The chance that one is lost, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Bits a second; 0 for no limit.</summary>
    public long Bandwidth { get; init; }

    /// <summary>The most bytes of an IP packet, 576 (1280 with IPv6) to 65,535.</summary>
    public int Mtu { get; init; } = 1500;
}
