using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Links;

namespace Portolan.FleetScenarios;

/// <summary>The way from a scanner to a lab in real time: a wire in memory.</summary>
/// <param name="own">The scanner's address.</param>
internal sealed class LabWire(InternetAddress own) : INetwork, IDisposable
{
    private const int Mtu = 1500;

    private readonly MemoryWire _wire = new(
        default, default, new MemoryLinkOptions { Layer = LinkLayer.Ip, MaxFrameLength = Mtu, Capacity = 4096 });

    /// <summary>The end that the lab is made with.</summary>
    public IPacketLink LabEnd => _wire.Left;

    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null) =>
        new(new Route(2, "lab0", LinkLayer.Ip, source ?? own, null, destination == own, Mtu), null, null);

    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        hardwareAddress = default;
        return false;
    }

    public IPacketLink Open(Route route) => new End(_wire.Right);

    public void Dispose() => _wire.Dispose();

    // Each piece of a scan opens the link and disposes of it; the wire stays.
    private sealed class End(MemoryLink link) : IPacketLink
    {
        public LinkLayer Layer => link.Layer;

        public MacAddress HardwareAddress => link.HardwareAddress;

        public int MaxFrameLength => link.MaxFrameLength;

        public string Description => link.Description;

        public IFrameSender OpenSender() => link.OpenSender();

        public IFrameReceiver OpenReceiver(FrameFilter filter) => new Receiver(link.OpenReceiver(filter));

        public void Dispose()
        {
        }
    }

    // A wire in memory waits for whole milliseconds, and for less it would look again and again. Few waits are cheap ones.
    private sealed class Receiver(IFrameReceiver receiver) : IFrameReceiver
    {
        private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(4);

        public long Dropped => receiver.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout) =>
            receiver.Receive(sink, timeout > TimeSpan.Zero && timeout < Least ? Least : timeout);

        public void Wake() => receiver.Wake();

        public void Dispose() => receiver.Dispose();
    }
}
