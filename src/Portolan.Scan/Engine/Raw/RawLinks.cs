using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>The links of a run, each opened when a target first needs it. Only the driving thread opens and receives.</summary>
internal sealed class RawLinks(INetwork network, SourcePorts ports) : IDisposable
{
    private readonly List<OpenLink> _links = [];
    private readonly Dictionary<(int Interface, bool IsLocal), OpenLink> _byRoute = [];

    /// <summary>All that are open.</summary>
    public IReadOnlyList<OpenLink> All => _links;

    /// <summary>The link of a route.</summary>
    public OpenLink For(Route route)
    {
        var key = (route.InterfaceIndex, route.IsLocal);
        if (!_byRoute.TryGetValue(key, out var link))
        {
            var opened = network.Open(route);
            link = new OpenLink(_links.Count, opened, opened.OpenReceiver(new FrameFilter([], ports.First, ports.Last)));
            _byRoute.Add(key, link);
            _links.Add(link);
        }

        return link;
    }

    /// <summary>Frames that links lost because they came faster than they were taken, either way.</summary>
    public long Dropped
    {
        get
        {
            long dropped = 0;
            foreach (var link in _links)
            {
                dropped += link.Receiver.Dropped + link.Link.SendDropped;
            }

            return dropped;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var link in _links)
        {
            link.Receiver.Dispose();
            link.Link.Dispose();
        }
    }
}

/// <summary>An open link with its receiver.</summary>
/// <param name="Id">Its number among <see cref="RawLinks.All"/>.</param>
/// <param name="Link">The link.</param>
/// <param name="Receiver">Its received frames; the driving thread's.</param>
internal sealed record OpenLink(int Id, IPacketLink Link, IFrameReceiver Receiver);
