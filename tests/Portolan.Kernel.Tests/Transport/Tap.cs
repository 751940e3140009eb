using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>Sees what arrives at an interface as it arrives: nothing is joined, and no checksum is completed.</summary>
internal sealed class Tap : IDisposable
{
    private readonly PacketLink _link;
    private readonly IFrameReceiver _receiver;

    private Tap(PacketLink link, IFrameReceiver receiver) => (_link, _receiver) = (link, receiver);

    internal static Tap Open(LabHost host, string interfaceName) => host.Run(() =>
    {
        using var requests = new RouteRequests(NetlinkSocket.Open(NetlinkFamily.Route));
        var link = PacketLink.Open(requests.ReadInterfaces().Find(one => one.Name == interfaceName)!, isLocal: false, TimeProvider.System);
        return new Tap(link, link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue))));
    });

    /// <summary>What has come so far, of some kind.</summary>
    internal List<byte[]> Take(Predicate<byte[]> isWanted)
    {
        var collector = new FrameCollector();
        while (_receiver.Receive(collector, TimeSpan.FromMilliseconds(50)) > 0)
        {
            // More may have come.
        }

        Assert.Equal(0, _receiver.Dropped);
        return collector.Frames.FindAll(isWanted);
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _link.Dispose();
    }
}
