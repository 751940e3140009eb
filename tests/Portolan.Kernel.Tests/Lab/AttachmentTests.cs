using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Linux;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>A kernel's sockets in a lab, by a TUN device and by a cable: both are the same network.</summary>
public sealed class AttachmentTests
{
    private const string Text =
        """
        name: attached
        networks: { office: [198.18.0.0/24, 2001:db8:1::/64], far: [198.18.1.0/24, 2001:db8:2::/64] }
        routers: { gateway: { networks: { office: [198.18.0.1, 2001:db8:1::1], far: [198.18.1.1, 2001:db8:2::1] } } }
        hosts:
          near: { address: [198.18.0.10, 2001:db8:1::10], ports: [echo] }
          distant: { address: [198.18.1.10, 2001:db8:2::10], ports: [echo, echo/udp] }
        vantage: { network: office, address: [198.18.0.250, 2001:db8:1::250] }
        """;

    [Theory]
    [InlineData(AttachmentKind.Tun, "198.18.0.10")]
    [InlineData(AttachmentKind.Tun, "2001:db8:2::10")]
    [InlineData(AttachmentKind.Cable, "198.18.0.10")]
    [InlineData(AttachmentKind.Cable, "198.18.1.10")]
    [InlineData(AttachmentKind.Cable, "2001:db8:1::10")]
    [InlineData(AttachmentKind.Cable, "2001:db8:2::10")]
    public async Task Megabytes_come_back_whole_in_packets_with_whole_checksums(AttachmentKind kind, string address)
    {
        var (longest, wrong, seen) = (0, 0, 0);
        await using var lab = Attached.Create(kind, (in packet, bytes) =>
        {
            if (packet.From == "vantage")
            {
                seen++;
                longest = Math.Max(longest, bytes.Length);
                wrong += HasRightChecksum(bytes) ? 0 : 1;
            }
        });
        var sent = new byte[4 << 20];
        new Random(7).NextBytes(sent);
        var got = await lab.EchoAsync(IPAddress.Parse(address), sent);

        Assert.True(sent.AsSpan().SequenceEqual(got));
        Assert.Equal((0, true, true), (wrong, longest <= 1500, seen > 1000));
    }

    [Theory]
    [InlineData(AttachmentKind.Tun)]
    [InlineData(AttachmentKind.Cable)]
    public async Task What_is_not_in_the_lab_is_unreachable_at_once(AttachmentKind kind)
    {
        await using var lab = Attached.Create(kind, null);
        foreach (var address in new[] { "192.0.2.1", "2001:db8:99::1", "198.19.0.1" })
        {
            lab.Host.Run(() =>
            {
                var end = new IPEndPoint(IPAddress.Parse(address), 80);
                using var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                var error = Assert.Throws<SocketException>(() => socket.Connect(end));
                Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
            });
        }
    }

    [Theory]
    [InlineData(AttachmentKind.Tun)]
    [InlineData(AttachmentKind.Cable)]
    public async Task It_goes_with_the_lab(AttachmentKind kind)
    {
        var lab = Attached.Create(kind, null);
        Assert.Contains("lab0", lab.Host.Tool("ip", null, "-o", "link"), StringComparison.Ordinal);
        await lab.Network.DisposeAsync();
        Assert.True(
            SpinWait.SpinUntil(
                () => !lab.Host.Tool("ip", null, "-o", "link").Contains("lab0", StringComparison.Ordinal), TimeSpan.FromSeconds(60)),
                "the interface is still there");
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_on_a_cable_is_taken_for_a_neighbour_but_the_gateway()
    {
        await using var lab = Attached.Create(AttachmentKind.Cable, null);
        await lab.EchoAsync(IPAddress.Parse("198.18.0.10"), new byte[10]);
        await lab.EchoAsync(IPAddress.Parse("2001:db8:1::10"), new byte[10]);
        var neighbours = lab.Host.Tool("ip", null, "neigh").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static l => l.Split(' ')[0]).Order(StringComparer.Ordinal);
        Assert.Equal(["169.254.1.1", "fe80::1"], neighbours);
    }

    [Fact]
    public async Task The_gateway_of_a_cable_answers_who_asks_for_it()
    {
        await using var lab = Attached.Create(AttachmentKind.Cable, null);
        lab.Host.Ip("neigh flush all nud permanent");
        Assert.Equal(5, (await lab.EchoAsync(IPAddress.Parse("198.18.0.10"), new byte[5])).Length);
        Assert.Equal(6, (await lab.EchoAsync(IPAddress.Parse("2001:db8:2::10"), new byte[6])).Length);
        Assert.Contains("02:70:00:00:00:02", lab.Host.Tool("ip", null, "neigh"), StringComparison.Ordinal);
    }

    private static bool HasRightChecksum(ReadOnlySpan<byte> packet)
    {
        if (packet[0] >> 4 == 4)
        {
            return Ipv4Packet.TryRead(packet, out var v4)
                && (v4.Protocol != IpProtocol.Tcp
                    || (TcpSegment.TryRead(v4.Payload, out var segment) && segment.HasValidChecksum(v4.Source, v4.Destination)));
        }

        return Ipv6Packet.TryRead(packet, out var v6)
            && (v6.Protocol != IpProtocol.Tcp
                || (TcpSegment.TryRead(v6.Payload, out var other) && other.HasValidChecksum(v6.Source, v6.Destination)));
    }

    /// <summary>The lab, and the host whose kernel is in it.</summary>
    private sealed class Attached : IAsyncDisposable
    {
        private Attached(LabHost host, VirtualNetwork network) => (Host, Network) = (host, network);

        internal LabHost Host { get; }

        internal VirtualNetwork Network { get; }

        internal static Attached Create(AttachmentKind kind, Portolan.Lab.Running.Wire.PacketObserver? observer)
        {
            var topology = TopologyReader.Read(Text).OrThrow("text");
            var host = TunLab.NewHost();
            try
            {
                var link = host.Run(() => LabAttachment.Open(topology, kind, TimeProvider.System));
                var network = new VirtualNetwork(topology, new VirtualNetworkOptions { Vantage = link, Observer = observer });
                network.Start();
                return new Attached(host, network);
            }
            catch (LinuxException exception) when (exception.IsPermission || exception.Errno == Errno.NoEntry)
            {
                Assert.Skip(exception.Message);
                throw;
            }
        }

        internal async Task<byte[]> EchoAsync(IPAddress address, byte[] bytes)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            using var socket = Host.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(new IPEndPoint(address, 7), limit.Token);
            var sending = Task.Run(
                async () =>
                {
                    for (var sent = 0; sent < bytes.Length;)
                    {
                        sent += await socket.SendAsync(bytes.AsMemory(sent), limit.Token);
                    }

                    socket.Shutdown(SocketShutdown.Send);
                },
                limit.Token);
            using var got = new MemoryStream();
            await using (var stream = new NetworkStream(socket))
            {
                await stream.CopyToAsync(got, limit.Token);
            }

            await sending;
            return got.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            await Network.DisposeAsync();
            Host.Dispose();
        }
    }
}
