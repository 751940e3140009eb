using Portolan.Linux.Proc;
using Portolan.Linux.Routing;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>An interface through packet sockets: Ethernet frames, or IP packets where the interface has no header of its own.</summary>
/// <remarks>
/// To this host itself, and over interfaces of other kinds, IP packets leave through raw IP sockets: a frame put on loopback by a packet
/// socket has no route and is dropped as a martian (ip_route_input_slow, net/ipv4/route.c).
/// </remarks>
internal sealed class PacketLink : IPacketLink
{
    private const byte EthernetHeader = 14;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly KernelInterface _interface;
    private readonly LinkKind _kind;
    private readonly TimeProvider _time;
    private readonly FrameArea _area;
    private readonly XdpQueue? _queue;
    private readonly long? _droppedBefore;
    private long _droppedNow;
    private long _lookedAt;

    private PacketLink(KernelInterface @interface, LinkKind kind, TimeProvider time)
    {
        _interface = @interface;
        _kind = kind;
        _time = time;
        _droppedBefore = kind == LinkKind.RawIp ? null : InterfaceDrops.Read(@interface.Name);
        _lookedAt = time.GetTimestamp();
        _area = new FrameArea(MaxFrameLength, FrameArea.Senders);
        // AF_XDP names the queue itself, and the queues of wireless interfaces are priorities.
        _queue = kind == LinkKind.Ethernet && !IsWireless(@interface.Name) ? new XdpQueue(@interface.Index, _area) : null;
    }

    /// <inheritdoc/>
    public LinkLayer Layer => _kind == LinkKind.Ethernet ? LinkLayer.Ethernet : LinkLayer.Ip;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => _kind == LinkKind.Ethernet ? _interface.HardwareAddress : default;

    /// <inheritdoc/>
    public int MaxFrameLength => _interface.Mtu + (_kind == LinkKind.Ethernet ? EthernetHeader : 0);

    /// <inheritdoc/>
    public string Description => _kind switch
    {
        LinkKind.Ethernet => $"packet socket on {_interface.Name}, sendmmsg and AF_XDP, queue discipline bypassed",
        LinkKind.Packets => $"packet socket on {_interface.Name} (IP packets), sendmmsg",
        _ => $"raw IP sockets, received on {_interface.Name}",
    };

    /// <inheritdoc/>
    public long SendDropped
    {
        get
        {
            if (_droppedBefore is { } before && _time.GetElapsedTime(_lookedAt) >= BetweenLooks)
            {
                _droppedNow = Math.Max(_droppedNow, (InterfaceDrops.Read(_interface.Name) ?? before) - before);
                _lookedAt = _time.GetTimestamp();
            }

            return _droppedNow;
        }
    }

    /// <summary>Opens the link of an interface.</summary>
    /// <exception cref="Model.PortolanException">Exit code 4 where privilege is missing.</exception>
    internal static PacketLink Open(KernelInterface @interface, bool isLocal, TimeProvider time)
    {
        RawAccess.Demand();
        return new PacketLink(@interface, LinkKinds.Of(@interface, isLocal), time);
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender()
    {
        var isEthernet = _kind == LinkKind.Ethernet;
        var name = new InterfaceName(_interface.Index, _interface.Name);
        FrameDestination destination = _kind == LinkKind.RawIp ? new RawIpDestination() : PacketDestination.Open(name, isEthernet);
        if (_area.TryRent() is { } slots)
        {
            return new BatchSender(slots, destination, _queue);
        }

        // More senders than the area has room for: each gets its own, which the queue does not know.
        var area = new FrameArea(MaxFrameLength, 1);
        slots = area.TryRent()!;
        area.Close();
        return new BatchSender(slots, destination, null);
    }

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter)
    {
        var isEthernet = _kind == LinkKind.Ethernet;
        return new RingReceiver(_interface.Index, isEthernet, FrameFilterProgram.Compile(filter, isEthernet ? EthernetHeader : 0u), _time);
    }

    /// <inheritdoc/>
    public void Dispose() => _area.Close(); // senders and receivers hold the sockets

    private static bool IsWireless(string interfaceName) => Directory.Exists($"/sys/class/net/{interfaceName}/phy80211");
}
