using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Testing;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Reassembly;

namespace Portolan.Tests.Lab.Running;

/// <summary>Fragments: what the ports of a packet decide, they decide for all of it.</summary>
public sealed class FragmentTests
{
    private const string Halls =
        """
        name: halls
        networks:
          left: { prefix: [198.18.0.0/24, 2001:db8:1::/64], mtu: 1300 }
          right: [198.18.1.0/24, 2001:db8:2::/64]
        routers:
          gate:
            networks: { left: [198.18.0.1, 2001:db8:1::1], right: [198.18.1.1, 2001:db8:2::1] }
            firewall: { default: drop, rules: [ allow udp from left port 7, allow tcp from left port 1-100 ] }
            forward: [ udp 7007 to 198.18.1.10:7, "udp 7007 to [2001:db8:2::10]:7" ]
        hosts:
          pc: { address: [198.18.0.10, 2001:db8:1::10] }
          near: { address: 198.18.0.20, ports: { 80: http, 81: filtered, 82: reject with tcp-reset } }
          server: { address: [198.18.1.10, 2001:db8:2::10], ports: { 7/udp: echo, 17/udp: echo, 80: http, 81: filtered } }
        vantage: { network: left, address: [198.18.0.250, 2001:db8:1::fa] }
        """;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("198.18.1.10", 7)]
    [InlineData("2001:db8:2::10", 7)]
    [InlineData("198.18.0.1", 7007)]
    [InlineData("2001:db8:1::1", 7007)]
    public async Task A_long_datagram_to_an_allowed_or_forwarded_port_is_echoed_whole(string address, int port)
    {
        await using var lab = TestLab.FromYaml(Halls);
        var data = Enumerable.Range(0, 5000).Select(static i => (byte)(i * 7)).ToArray();
        var to = new IPEndPoint(IPAddress.Parse(address), port);
        var echoed = Array.Empty<byte>();
        IPEndPoint? from = null;
        lab.Run(async () =>
        {
            using var client = lab["pc"].BindUdp(new IPEndPoint(
                IPAddress.Parse(to.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "198.18.0.10" : "2001:db8:1::10"),
                5000));

            // Of IPv6 the first answer is too big for the left side: its sender learns that, and the second comes.
            await client.SendAsync(data, to);
            await Task.Delay(Quiet, lab.Time);
            await client.SendAsync(data, to);
            var buffer = new byte[6000];
            var received = await client.ReceiveAsync(buffer);
            (echoed, from) = (buffer[..received.Length], received.RemoteEndPoint);
        });

        Assert.Equal(data, echoed);
        Assert.Equal(to, from);
        var crossing = lab.Packets.Where(static p => p.Fate is WireOutcome.Taken or WireOutcome.PassedOn).ToList();
        Assert.True(crossing.Count(p => p.Segment == "left" && p.To == "gate") >= 4);
        Assert.True(crossing.Count(static p => p.Segment == "right" && p.To == "server") >= 4);
        Assert.All(crossing.Where(static p => p.Segment == "left"), static p => Assert.InRange(p.Bytes.Length, 1, 1300));
    }

    [Theory]
    [InlineData("198.18.0.250", "198.18.1.10")]
    [InlineData("2001:db8:1::fa", "2001:db8:2::10")]
    public async Task Nothing_of_a_long_datagram_to_a_port_that_is_not_allowed_passes(string source, string destination)
    {
        var log = new List<PacketRecord>();
        await using var lab = Open(log);
        using var vantage = new RawVantage(lab, Address(destination));
        vantage.Send(RawVantage.Cut(RawVantage.Udp(Address(source), Address(destination), 5000, 17, new byte[4000]), 1280));
        Assert.Empty(vantage.Receive(Quiet));
        Assert.DoesNotContain(log, static p => p.Segment == "right");
        Assert.Contains(
            log, static p => p.Fate == WireOutcome.Dropped && p.Why!.Contains("dropped by the default", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("198.18.0.250", "198.18.1.10", 1268)]
    [InlineData("198.18.0.250", "198.18.1.10", 576)]
    [InlineData("2001:db8:1::fa", "2001:db8:2::10", 1280)]
    [InlineData("2001:db8:1::fa", "2001:db8:2::10", 600)]
    public async Task Fragments_leave_a_router_with_rules_as_they_came_in_whatever_order(string source, string destination, int mtu)
    {
        var log = new List<PacketRecord>();
        await using var lab = Open(log);
        using var vantage = new RawVantage(lab, Address(destination));
        var pieces = RawVantage.Cut(
            RawVantage.Udp(Address(source), Address(destination), 5000, 7, [.. Enumerable.Range(0, 4000).Select(static i => (byte)i)]),
            mtu);
        vantage.Send(pieces.AsEnumerable().Reverse());
        var echo = vantage.Receive(Quiet);
        var crossed =
            log.Where(static p => p.Segment == "right" && p.To == "server").Select(static p => p.Bytes).Take(pieces.Count).ToList();
        Assert.Equal([.. pieces.Select(WithoutHops)], [.. crossed.Select(WithoutHops)]);
        if (vantage.Address.IsIPv4)
        {
            Assert.True(echo.Sum(static p => p.Length) > 4000, "the echo did not come");
        }
    }

    [Theory]
    [InlineData("198.18.0.20", 80, TcpFlags.Syn | TcpFlags.Ack)]
    [InlineData("198.18.0.20", 81, null)]
    [InlineData("198.18.0.20", 82, TcpFlags.Rst | TcpFlags.Ack)]
    [InlineData("198.18.0.20", 83, TcpFlags.Rst | TcpFlags.Ack)]
    [InlineData("198.18.1.10", 80, TcpFlags.Syn | TcpFlags.Ack)]
    [InlineData("198.18.1.10", 81, null)]
    [InlineData("198.18.1.10", 83, TcpFlags.Rst | TcpFlags.Ack)]
    [InlineData("198.18.1.10", 101, null)]
    public async Task A_segment_in_fragments_too_short_for_its_flags_meets_its_port_and_the_rules_all_the_same(
        string destination, ushort port, TcpFlags? answer)
    {
        await using var lab = Open([]);
        using var vantage = new RawVantage(lab, Address(destination));
        vantage.Send(RawVantage.Cut(
            RawVantage.Tcp(vantage.Address, Address(destination), 5000, port, TcpFlags.Syn, data: new byte[30]), 28));
        var replies = vantage.Receive(TimeSpan.FromMilliseconds(500));
        if (answer is null)
        {
            Assert.Empty(replies);
            return;
        }

        Assert.True(PacketHeads.TryRead(Assert.Single(replies), out var heads));
        Assert.True(TcpSegment.TryRead(heads.Payload, out var segment));
        Assert.Equal(answer, segment.Flags);

        // Of a refused segment all is acknowledged, also what came in later fragments.
        Assert.Equal(port == 80 ? 1001u : 1031u, segment.Acknowledgment);
    }

    [Theory]
    [InlineData("198.18.0.250", "198.18.0.20", true)]
    [InlineData("198.18.0.250", "198.18.0.1", true)]
    [InlineData("2001:db8:1::fa", "2001:db8:1::10", true)]
    [InlineData("198.18.0.250", "198.18.1.10", false)]
    public async Task Who_was_sent_a_part_only_says_so_after_a_minute_and_a_router_between_does_not(
        string source, string destination, bool isTold)
    {
        await using var lab = Open([]);
        using var vantage = new RawVantage(lab, Address(destination));
        vantage.Send(RawVantage.Cut(RawVantage.Udp(Address(source), Address(destination), 5000, 7, new byte[4000]), 1280)[..2]);
        Assert.Empty(vantage.Receive(TimeSpan.FromSeconds(59)));
        var replies = vantage.Receive(Quiet);
        if (!isTold)
        {
            Assert.Empty(replies);
            return;
        }

        Assert.True(PacketHeads.TryRead(Assert.Single(replies), out var heads));
        Assert.Equal(Address(destination), heads.Source);
        Assert.Equal(heads.Source.IsIPv4 ? [11, 1] : [3, 1], heads.Payload[..2].ToArray());
    }

    [Fact]
    public void Fragments_whose_others_never_come_take_no_more_than_the_bound()
    {
        using var loop = new LabLoop(isVirtual: true);
        var memory = new FragmentMemory(loop, new FramePool(), 1);
        var gatherers = Enumerable.Range(0, 40).Select(_ => new FragmentGatherer(memory, member: null)).ToList();
        for (var number = 0; number < 100_000; number++)
        {
            var source = InternetAddress.FromIPv4(0xC612_0000 + (uint)(number / 7));
            var piece = RawVantage.Cut(RawVantage.Udp(source, Address("198.18.1.10"), 5000, 7, new byte[1500]), 1280)[0];
            Assert.NotEqual(ReassemblyOutcome.Complete, gatherers[number % gatherers.Count].Accept(piece).Result.Outcome);
        }

        Assert.InRange(memory.Pool.MemoryUsed, 1 << 20, 64 << 20);
    }

    private static VirtualNetwork Open(List<PacketRecord> log) => new(
        TopologyReader.Read(Halls, "halls").OrThrow("the topology"),
        new VirtualNetworkOptions
        {
            IsVirtualTime = true,
            Observer = (in e, bytes) => log.Add(new PacketRecord(e.Time, e.Segment, e.From, e.To, e.Fate, e.Why, bytes.ToArray())),
        });

    /// <summary>A packet as text, but for what each hop changes.</summary>
    private static string WithoutHops(byte[] packet)
    {
        var copy = packet.ToArray();
        (copy[8], copy[10], copy[11]) = packet[0] >> 4 == 4 ? ((byte)0, (byte)0, (byte)0) : (copy[8], copy[10], copy[11]);
        copy[7] = packet[0] >> 4 == 6 ? (byte)0 : copy[7];
        return Convert.ToHexString(copy);
    }

    private static InternetAddress Address(string text) => SmallLab.Address(text);
}
