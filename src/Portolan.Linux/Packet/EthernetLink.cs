using Portolan.Linux.Interop;
using Portolan.Linux.Netlink;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// An Ethernet interface as a link of a TCP/IP stack, through a packet socket with the header of virtio: super-segments of up to 64 KiB
/// leave as one frame each, and the kernel or the card cuts them and completes their checksums. What comes joined, or with a checksum that
/// a host on this machine left undone, comes as it is.
/// </summary>
/// <remarks>
/// The stack needs addresses that the kernel has not: two stacks with one address answer both (for TCP from ports of its own beside the
/// kernel see <see cref="SharedAddressLink"/>). Frames leave through the interface's queue discipline, where the kernel cuts what the interface
/// does not (validate_xmit_skb, net/core/dev.c), and the rules of netfilter at egress see them; those of IP do not. The MTU is that of the
/// moment of opening: when the interface gets a smaller one, set the stack's (<c>IpInterface.Mtu</c>) too. One sender and one receiver,
/// each of one thread at a time.
/// </remarks>
public sealed class EthernetLink : IOffloadLink
{
    private readonly VirtioSocket _socket;
    private readonly KernelInterface _interface;
    private readonly TimeProvider _time;

    private EthernetLink(VirtioSocket socket, KernelInterface @interface, EthernetLinkOptions options)
    {
        (_socket, _interface, _time) = (socket, @interface, options.Time);
        Offload = options.UsesOffload ? LinkOffload.SendChecksum | LinkOffload.Segmentation4 | LinkOffload.Segmentation6 : LinkOffload.None;
    }

    /// <summary>The interface's name.</summary>
    public string Name => _interface.Name;

    /// <inheritdoc/>
    public LinkOffload Offload { get; }

    /// <inheritdoc/>
    public LinkLayer Layer => LinkLayer.Ethernet;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => _interface.HardwareAddress;

    /// <inheritdoc/>
    public int MaxFrameLength => _interface.Mtu + EthernetFrame.MinHeaderLength;

    /// <inheritdoc/>
    public string Description => Offload == LinkOffload.None ? $"packet socket on {Name}" : $"packet socket on {Name}, {Offload}";

    /// <summary>How long a send waits for room in the socket's buffer; then the frame is lost, as in a full queue.</summary>
    private static TimeSpan SendWait => TimeSpan.FromMilliseconds(50);

    /// <summary>Opens the interface, in the network namespace of the calling thread. Needs CAP_NET_RAW there.</summary>
    /// <exception cref="PortolanException">There is no such interface, it is no Ethernet interface, or privilege is missing.</exception>
    /// <exception cref="LinuxException">The kernel has no packet sockets with the header of virtio.</exception>
    public static EthernetLink Open(EthernetLinkOptions options)
    {
        KernelInterface? found;
        using (var requests = new RouteRequests(NetlinkSocket.Open(NetlinkFamily.Route)))
        {
            found = requests.ReadInterfaces().Find(one => one.Name == options.Name);
        }

        if (found is null)
        {
            throw new PortolanException($"no interface is named {options.Name}", $"`ip link` lists the interfaces");
        }

        if (!found.IsEthernet)
        {
            throw new PortolanException(
                $"{options.Name} is not an Ethernet interface with neighbours", $"a TUN device of its own serves a stack too: TunLink");
        }

        var socket = VirtioSocket.Open(SendWait, bypassesQueue: false);
        try
        {
            socket.Bind(found.Index, 0);
            return new EthernetLink(socket, found, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender() => new EthernetSender(_socket);

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter)
    {
        PacketSocket.Attach(
            _socket.Handle,
            WantsAll(filter) ? FrameFilterProgram.CompileAll() : FrameFilterProgram.Compile(filter, EthernetFrame.MinHeaderLength));
        _socket.Bind(_interface.Index, Libc.ETH_P_ALL);
        return new EthernetReceiver(_socket, _time);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>A whole stack takes what a scan does not: fragments, groups, any protocol.</summary>
    private static bool WantsAll(FrameFilter filter) =>
        filter is { IsTcpAlone: false, Addresses.Count: 0, FirstPort.Value: 0, LastPort.Value: ushort.MaxValue };
}

/// <summary>How an Ethernet interface is opened as a link.</summary>
public sealed record EthernetLinkOptions
{
    /// <summary>The interface's name, in the network namespace of the calling thread, such as <c>eth0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Whether checksums and the cutting of TCP super-segments are left to the kernel or the card. Without it frames still come with
    /// unfinished checksums from hosts that share this machine.
    /// </summary>
    public bool UsesOffload { get; init; } = true;

    /// <summary>The clock of the timestamps of frames.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Sends the frames of an <see cref="EthernetLink"/>, a super-segment as one.</summary>
internal sealed class EthernetSender(VirtioSocket socket)
    : VirtioSender(linkHeaderLength: 0, EthernetFrame.MinHeaderLength + ushort.MaxValue, SendFailures.Of)
{
    /// <inheritdoc/>
    protected override int Send(ReadOnlySpan<byte> bytes) => socket.Write(bytes);
}
