using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>A way that probes take: link, source and next hop. Hosts that go the same way share it.</summary>
/// <remarks>
/// The link of this host itself is opened when a probe needs it: discovery needs none, and a packet socket costs tens of milliseconds to
/// close. The driving thread opens; see <see cref="Open"/>.
/// </remarks>
internal sealed class RawPath(Route route, Func<OpenLink> open, Func<OpenLink, byte, ProbeWriter> write)
{
    private ProbeWriter?[]? _limited;

    /// <summary>The route it was made from.</summary>
    public Route Route { get; } = route;

    public OpenLink Link => field ??= open();

    /// <summary>Writes probes for it.</summary>
    public ProbeWriter Writer => field ??= write(Link, 0);

    /// <summary>Writes probes with a TTL or hop limit; 0 for that of the scan's. Limited ones are the driving thread's.</summary>
    public ProbeWriter WriterFor(byte timeToLive) =>
        timeToLive == 0 ? Writer : (_limited ??= new ProbeWriter?[byte.MaxValue + 1])[timeToLive] ??= write(Link, timeToLive);

    /// <summary>Opens the link now, before other threads send.</summary>
    public void Open() => _ = Writer;

    /// <summary>Each host is a neighbour with an Ethernet address of its own.</summary>
    public bool HasNeighbours => Route.IsOnLink && Link.Link.Layer == LinkLayer.Ethernet;

    /// <summary>There is a router to send to, whose Ethernet address is needed.</summary>
    public bool NeedsGateway => Route.Gateway is not null && !Route.IsLocal && Link.Link.Layer == LinkLayer.Ethernet;

    /// <summary>Over routers: the pace has a ceiling for each prefix.</summary>
    public bool IsRouted => !Route.IsLocal && Route.Gateway is not null;

    /// <summary>The gateway's Ethernet address.</summary>
    public MacAddress? Gateway { get; set; }

    /// <summary>Probes can leave: nothing is missing but, for neighbours, their own addresses.</summary>
    public bool IsUsable => !NeedsGateway || Gateway is not null;
}
