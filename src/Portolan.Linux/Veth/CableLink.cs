using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Veth;

/// <summary>
/// A virtual cable (veth(4)): one end is an interface of the calling thread's network namespace, the other lies in a namespace of its own,
/// visible to this link alone. Frames are IP packets as on a TUN device, which it stands in for where /dev/net/tun is closed to
/// users.
/// </summary>
/// <remarks>
/// The other end answers every ARP request and neighbour solicitation for the two gateways, and for nobody else, so that the host sends all
/// it has routed through them. With the header of virtio (PACKET_VNET_HDR) checksums and the cutting of segments are left to the other end,
/// both ways. One sender and one receiver, each of one thread at a time. Both ends go with the link.
/// </remarks>
public sealed class CableLink : IOffloadLink
{
    private readonly VirtioSocket _socket;
    private readonly SafeFileHandle _far;
    private readonly int _mtu;
    private readonly TimeProvider _time;

    private CableLink(VirtioSocket socket, SafeFileHandle far, string name, int mtu, bool usesOffload, TimeProvider time)
    {
        (_socket, _far, Name, _mtu, _time) = (socket, far, name, mtu, time);
        Offload = usesOffload ? LinkOffload.SendChecksum | LinkOffload.Segmentation4 | LinkOffload.Segmentation6 : LinkOffload.None;
    }

    /// <summary>The gateway of IPv4 routes, at the other end: a link-local address, which no network uses.</summary>
    public static InternetAddress Gateway4 { get; } = InternetAddress.FromIPv4(0xa9fe0101);

    /// <summary>The gateway of IPv6 routes.</summary>
    public static InternetAddress Gateway6 { get; } = InternetAddress.FromNumber(((UInt128)0xfe80 << 112) | 1, isIPv4: false);

    /// <summary>The Ethernet address of the host's end.</summary>
    public static MacAddress HostAddress { get; } = new(0x0270_0000_0001UL);

    /// <summary>The Ethernet address of the other end: locally administered.</summary>
    public static MacAddress FarAddress { get; } = new(0x0270_0000_0002UL);

    /// <summary>The interface's name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public LinkOffload Offload { get; }

    /// <inheritdoc/>
    public LinkLayer Layer => LinkLayer.Ip;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => default;

    /// <inheritdoc/>
    public int MaxFrameLength => _mtu;

    /// <inheritdoc/>
    public string Description =>
        Offload == LinkOffload.None ? $"virtual cable {Name}, packet socket" : $"virtual cable {Name}, packet socket, {Offload}";

    /// <summary>
    /// Makes the cable. The host's end is set up as any interface's: addresses, routes through the gateways, up. Needs CAP_NET_ADMIN,
    /// CAP_NET_RAW and CAP_SYS_ADMIN.
    /// </summary>
    /// <param name="name">The name of the host's end, at most 11 bytes.</param>
    /// <param name="mtu">The most bytes of an IP packet.</param>
    /// <param name="usesOffload">Whether TCP segments are left uncut, both ways; checksums from the host are completed here in any
    /// case.</param>
    /// <param name="time">The clock of the timestamps of frames.</param>
    /// <exception cref="LinuxException">Privilege is missing, the name is taken, or the kernel has no such cables.</exception>
    /// <exception cref="NetworkNamespaceException">There may be no more namespaces.</exception>
    public static CableLink Open(string name, int mtu, bool usesOffload, TimeProvider time)
    {
        SafeFileHandle? far = null;
        VirtioSocket? socket = null;
        try
        {
            NetworkNamespaceThread.RunInNew(() => far = File.OpenHandle("/proc/thread-self/ns/net"));
            var descriptor = (int)far!.DangerousGetHandle();
            var farName = name + "-lab";
            using (var near = new RouteChanges())
            {
                near.AddCable(name, HostAddress, farName, FarAddress, descriptor);
                var index = near.IndexOf(name);
                near.SetMtu(index, mtu);
                if (!usesOffload)
                {
                    near.SendWholePackets(index);
                }
            }

            NetworkNamespaceThread.Run(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"), () =>
            {
                using var changes = new RouteChanges();
                var index = changes.IndexOf(farName);
                changes.Silence(index);
                changes.SetMtu(index, mtu);
                changes.SetUp(index);
                socket = VirtioSocket.Open(TimeSpan.Zero, bypassesQueue: true);
                socket.Bind(index, Libc.ETH_P_ALL);
            });
            return new CableLink(socket!, far, name, mtu, usesOffload, time);
        }
        catch
        {
            socket?.Dispose();
            far?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender() => new CableSender(_socket);

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter) => new CableReceiver(_socket, _time);

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _far.Dispose();
    }
}

/// <summary>Sends IP packets to the host's end of a cable: each is one frame.</summary>
internal sealed class CableSender(VirtioSocket socket) : VirtioSender(EthernetFrame.MinHeaderLength, ushort.MaxValue, SendFailures.Of)
{
    /// <inheritdoc/>
    protected override void Complete(Span<byte> frame)
    {
        var isIPv6 = frame[EthernetFrame.MinHeaderLength] >> 4 == 6;
        EthernetWriter.Write(frame, CableLink.HostAddress, CableLink.FarAddress, isIPv6 ? EtherType.Ipv6 : EtherType.Ipv4);
    }

    /// <inheritdoc/>
    protected override int Send(ReadOnlySpan<byte> bytes) => socket.Write(bytes);
}
