using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Packets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using static Portolan.Kernel.Tests.Transport.HashedStreams;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>The userspace stack against the kernel's over a packet socket on an Ethernet interface.</summary>
public sealed class EthernetStackTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<bool, bool, bool> Ways => new()
    {
        // IPv6, offload, an interface that cuts.
        { false, true, true },
        { true, true, true },
        { false, true, false },
        { true, true, false },
        { false, false, true },
        { true, false, false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Bytes_arrive_as_they_were_sent_each_way(bool isIPv6, bool usesOffload, bool isAble)
    {
        await using var lab = EthernetLab.Create(usesOffload, isAble);
        var length = (usesOffload ? 256L << 20 : 64L << 20) >> (isAble ? 0 : 1);
        var (kernel, stack) = isIPv6 ? (EthernetLab.Kernel6, EthernetLab.Stack6) : (EthernetLab.Kernel4, EthernetLab.Stack4);
        await BothWays(lab.Host, lab.Stack, stack, length);
        await FromStack(lab.Host, lab.Stack, kernel, 1 << 20);
    }

    /// <summary>
    /// What leaves the stack is longer than the MTU; what the peer's end of the cable sees is not, and its checksums are right, by tshark's
    /// word.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_kernel_cuts_and_completes_for_an_interface_that_does_not(bool isIPv6)
    {
        await using var lab = EthernetLab.Create(isAble: false);
        Assert.Equal(LinkOffload.SendChecksum | LinkOffload.Segmentation4 | LinkOffload.Segmentation6, lab.Interface.Options.Offload);
        using var tap = Tap.Open(lab.Host, "right");
        await FromStack(lab.Host, lab.Stack, isIPv6 ? EthernetLab.Kernel6 : EthernetLab.Kernel4, 512 << 10);
        var frames = tap.Take(frame => Payload(frame) is { Length: > 0 });
        Assert.True(frames.Count >= (512 << 10) / 1448, $"{frames.Count} segments hold half a megabyte");
        Assert.All(frames, frame => Assert.True(frame.Length <= 1514, $"a frame of {frame.Length} bytes"));
        AssertChecksums(frames, isIPv6);

        // So many segments in fewer packets of the stack: it did leave the cutting to the kernel.
        Assert.True(
            lab.Stack.GetStatistics().PacketsSent < frames.Count / 2,
            $"{lab.Stack.GetStatistics().PacketsSent} packets for {frames.Count} segments");
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Segments_follow_an_MTU_that_changes_under_way(bool isIPv6, bool usesOffload)
    {
        await using var lab = EthernetLab.Create(usesOffload, isAble: false);
        using var listener = lab.Host.OpenListener(isIPv6 ? EthernetLab.Kernel6 : EthernetLab.Kernel4);
        var connecting = lab.Stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!, Cancellation);
        using var accepted = await listener.AcceptAsync(Cancellation);
        await using var opened = await connecting;
        await using var kernelEnd = new NetworkStream(accepted);
        foreach (var mtu in (int[])[1500, 1280, 1400])
        {
            SetMtu(lab, mtu);
            using var tap = Tap.Open(lab.Host, "right");
            var block = new byte[256 << 10];
            new Random(mtu).NextBytes(block);
            var received = new byte[block.Length];
            await Task.WhenAll(
                opened.WriteAsync(block, Cancellation).AsTask(), kernelEnd.ReadExactlyAsync(received, Cancellation).AsTask());
            Assert.True(block.AsSpan().SequenceEqual(received));
            var frames = tap.Take(frame => Payload(frame) is { Length: > 0 });
            Assert.All(
                frames,
                frame => Assert.True(
                    frame.Length <= mtu + EthernetFrame.MinHeaderLength, $"a frame of {frame.Length} bytes at an MTU of {mtu}"));
            Assert.Contains(frames, frame => frame.Length == mtu + EthernetFrame.MinHeaderLength);
            AssertChecksums(frames, isIPv6);
        }
    }

    /// <summary>A router with a narrow cable behind it says so of super-segments too.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_narrow_path_is_found_by_super_segments(bool isIPv6)
    {
        await using var lab = EthernetLab.Create();
        using var far = new LabHost();
        LabHost.Connect(lab.Host, "out", far, "far");
        lab.Host.Address("out", "198.18.9.1/24");
        lab.Host.Address("out", "2001:db8:9::1/64");
        far.Address("far", "198.18.9.2/24");
        far.Address("far", "2001:db8:9::2/64");
        lab.Host.Ip("link set out mtu 1300");
        far.Ip("link set far mtu 1300");
        lab.Host.Setting("net/ipv4/ip_forward", "1");
        lab.Host.Setting("net/ipv6/conf/all/forwarding", "1");
        far.Ip($"route add default via 198.18.9.1");
        far.Ip($"-6 route add default via 2001:db8:9::1");
        lab.Stack.AddRoute("0.0.0.0/0", lab.Interface, EthernetLab.Kernel4.ToString());
        lab.Stack.AddRoute("::/0", lab.Interface, EthernetLab.Kernel6.ToString());
        var address = IPAddress.Parse(isIPv6 ? "2001:db8:9::2" : "198.18.9.2");

        // The far host offers what its cable takes; so that the router has to speak, it offers more.
        far.Ip(isIPv6 ? "-6 route change default via 2001:db8:9::1 advmss 1440" : "route change default via 198.18.9.1 advmss 1460");
        using var listener = far.Run(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            socket.Listen(8);
            return socket;
        });
        var connecting = lab.Stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!, Cancellation);
        using var accepted = await listener.AcceptAsync(Cancellation);
        await using var opened = await connecting;
        await using var farEnd = new NetworkStream(accepted);
        using var tap = Tap.Open(far, "far");
        var received = Receive(farEnd, 4 << 20);
        await Send(opened, 4 << 20, 5, opened.ShutdownWrite);
        Assert.Equal(Expected(4 << 20, 5), await received);
        var told = lab.Host.Tool("nstat", null, "-asz", isIPv6 ? "Icmp6OutPktTooBigs" : "IcmpOutDestUnreachs");
        Assert.Contains(
            told.Split('\n'),
            line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, var count, ..]
                && name.StartsWith("Icmp", StringComparison.Ordinal) && count != "0");
    }

    [Fact]
    public void What_cannot_be_opened_says_why()
    {
        using var host = TunLab.NewHost();
        var none =
            Assert.Throws<PortolanException>(() => host.Run(static () => EthernetLink.Open(new EthernetLinkOptions { Name = "eth9" })));
        Assert.Equal("no interface is named eth9", none.Message);
        var loopback =
            Assert.Throws<PortolanException>(() => host.Run(static () => EthernetLink.Open(new EthernetLinkOptions { Name = "lo" })));
        Assert.Equal("lo is not an Ethernet interface with neighbours", loopback.Message);
    }

    /// <summary>
    /// Why frames leave through the queue discipline: past it the kernel drops a super-segment that the interface does not cut.
    /// </summary>
    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 0)]
    [InlineData(false, false, 0)]
    [InlineData(false, true, Errno.NoBufferSpace)]
    public void Past_the_queue_discipline_only_an_able_interface_takes_super_segments(bool isAble, bool bypassesQueue, int expected)
    {
        using var near = TunLab.NewHost();
        using var host = new LabHost();
        LabHost.Connect(near, "left", host, "right");
        if (!isAble)
        {
            near.Run(static () => Ethtool.TurnOffloadsOff("left"));
        }

        var errno = near.Run(() =>
        {
            using var changes = new RouteChanges();
            using var socket = VirtioSocket.Open(TimeSpan.Zero, bypassesQueue);
            socket.Bind(changes.IndexOf("left"), 0);
            return socket.Write(SuperSegment());
        });
        Assert.Equal(expected, errno);
    }

    /// <summary>30,000 bytes for 21 segments, behind the header of virtio.</summary>
    private static byte[] SuperSegment()
    {
        const int Payload = 30_000;
        var (source, destination) = (TestPackets.Address("198.18.8.2"), TestPackets.Address("198.18.8.1"));
        var packet = new byte[Ipv4Writer.Length + 20 + Payload];
        TestPackets.Syn(source, destination, 4000, 80).CopyTo(packet, 0);
        packet[Ipv4Writer.Length + 13] = (byte)TcpFlags.Ack;
        var tcp = packet.AsSpan(Ipv4Writer.Length);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(
            tcp[16..], PartialChecksum.Of(source, destination, IpProtocol.Tcp, tcp.Length));
        Ipv4Writer.Write(packet, source, destination, IpProtocol.Tcp, tcp.Length);
        var frame = TestPackets.Frame(packet, MacAddress.Broadcast, new MacAddress(0x0270_0000_0001UL));
        var header = VirtioHeader.Of(frame, new FrameOffload(34, 16, 1448, 54, IsIPv4: true));
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<Portolan.Linux.Interop.Libc.virtio_net_hdr>(in header)), .. frame];
    }

    // First the side that takes what is wider, then the one that sends it.
    private static void SetMtu(EthernetLab lab, int mtu)
    {
        lab.Near.Ip($"link set left mtu {mtu}");
        lab.Host.Ip($"link set right mtu {mtu}");
        lab.Stack.Invoke(_ => lab.Interface.Mtu = mtu);
    }

    private static byte[]? Payload(byte[] frame)
    {
        var packet = frame.AsSpan(EthernetFrame.MinHeaderLength);
        var payload = Ipv4Packet.TryRead(packet, out var four) && four.Protocol == IpProtocol.Tcp ? four.Payload
            : Ipv6Packet.TryRead(packet, out var six) && six.Protocol == IpProtocol.Tcp ? six.Payload : default;
        return TcpSegment.TryRead(payload, out var segment) ? segment.Payload.ToArray() : null;
    }

    private static void AssertChecksums(List<byte[]> frames, bool isIPv6)
    {
        var rows =
            Tshark.Dissect([.. frames.Select(static frame => (frame, LinkLayer.Ethernet))], ["tcp.checksum.status", "ip.checksum.status"]);
        Assert.Equal(frames.Count, rows.Count);
        Assert.All(rows, row => Assert.Equal(isIPv6 ? ["1", ""] : ["1", "1"], row));
    }
}
