using System.Text;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Tests.Transport.Ip;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Links;

/// <summary>Wires, switches, faults and captures, alone and on top of each other.</summary>
public sealed class LinkTests
{
    private static readonly MacAddress Here = new(0x0200_0000_0001);
    private static readonly MacAddress There = new(0x0200_0000_0002);
    private static readonly FrameFilter All = new([], default, default);

    private readonly FakeTime _time = new();

    [Fact]
    public void A_wire_carries_frames_both_ways_in_order()
    {
        using var wire = new MemoryWire(Here, There);
        var (left, right) = (new Collector(wire.Left), new Collector(wire.Right));
        Send(wire.Left, [1], [2, 2], [3]);
        Send(wire.Right, [9]);
        Assert.Equal(["01", "0202", "03"], right.Take());
        Assert.Equal(["09"], left.Take());
        Assert.False(wire.Right.HasFrames);
    }

    [Fact]
    public void A_link_that_cannot_be_received_from_leaves_neither_a_sender_nor_an_interface()
    {
        using var wire = new MemoryWire(Here, There);
        var link = new Deaf(wire.Left);
        var layers = StackLayers.Create(new NetworkStackOptions(), 1);
        using var links = layers.Links;
        var options = new IpInterfaceOptions { Name = "eth0", LinkLocal = LinkLocalChoice.None, DuplicateAddressProbes = 0 };
        Assert.Throws<IOException>(() => links.Attach(link, options));
        Assert.Equal(0, link.Senders);

        // Its name and the link are free for another try.
        var made = links.Attach(wire.Left, options);
        Assert.Equal("eth0", made.Name);
    }

    [Fact]
    public void A_wire_that_holds_back_gives_no_room_while_its_peer_is_full_and_loses_nothing()
    {
        using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Capacity = 10 });
        var right = new Collector(wire.Right);
        var sender = wire.Left.OpenSender();
        var sent = 0;
        for (var i = 0; i < 30; i++)
        {
            var room = sender.Reserve();
            if (room.IsEmpty)
            {
                sender.Flush();
                room = sender.Reserve();
            }

            if (!room.IsEmpty)
            {
                room[0] = (byte)i;
                sender.Commit(1);
                sent++;
            }
        }

        sender.Flush();
        Assert.Equal(10, sent);
        Assert.Equal(10, right.Take().Count);
        Assert.False(sender.Reserve().IsEmpty);
        Assert.Equal(0, right.Dropped);
    }

    [Fact]
    public void A_wire_that_does_not_hold_back_drops_and_counts()
    {
        using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Capacity = 10, HoldsBack = false });
        var right = new Collector(wire.Right);
        Send(wire.Left, [.. Enumerable.Range(0, 30).Select(i => new byte[] { (byte)i })]);
        Assert.Equal(10, right.Take().Count);
        Assert.Equal(20, right.Dropped);
    }

    [Fact]
    public void A_receiver_that_waits_is_woken_by_a_frame_and_by_hand()
    {
        using var wire = new MemoryWire(Here, There);
        var receiver = wire.Right.OpenReceiver(All);
        var sink = new Collector(wire.Right);
        receiver.Wake();
        var before = Environment.TickCount64;
        Assert.Equal(0, receiver.Receive(sink, TimeSpan.FromSeconds(20)));
        Assert.True(Environment.TickCount64 - before < 15_000);
        var thread = new Thread(() => Send(wire.Left, [7]));
        thread.Start();
        Assert.Equal(1, receiver.Receive(sink, TimeSpan.FromSeconds(20)));
        thread.Join();
    }

    [Fact]
    public void A_switch_learns_where_stations_are()
    {
        var stations = Enumerable.Range(1, 3).Select(i => new MacAddress(0x0200_0000_0000UL + (ulong)i)).ToArray();
        using var made = new MemorySwitch();
        var ports = stations.Select(made.AddPort).ToArray();
        var collectors = ports.Select(p => new Collector(p)).ToArray();
        Send(ports[0], Frame(stations[1], stations[0]));
        Assert.Equal([0, 1, 1], collectors.Select(c => c.Take().Count));
        Send(ports[1], Frame(stations[0], stations[1]));
        Assert.Equal([1, 0, 0], collectors.Select(c => c.Take().Count));
        Send(ports[0], Frame(MacAddress.Broadcast, stations[0]));
        Assert.Equal([0, 1, 1], collectors.Select(c => c.Take().Count));

        // A station that moved is learned anew.
        Send(ports[2], Frame(stations[0], stations[1]));
        Send(ports[0], Frame(stations[1], stations[0]));
        Assert.Equal([1, 0, 1], collectors.Select(c => c.Take().Count));
    }

    [Fact]
    public void A_hub_sends_everything_to_all_others()
    {
        using var made = new MemorySwitch(isHub: true);
        var ports = Enumerable.Range(1, 3).Select(_ => made.AddPort(default)).ToArray();
        var collectors = ports.Select(p => new Collector(p)).ToArray();
        Send(ports[1], Frame(Here, There));
        Send(ports[0], Frame(There, Here));
        Assert.Equal([1, 1, 2], collectors.Select(c => c.Take().Count));
    }

    [Fact]
    public void Delay_and_bandwidth_are_exact()
    {
        using var wire = new MemoryWire(Here, There);
        var right = new Collector(wire.Right);
        using var link = new FaultLink(
            wire.Left, new FaultProfile { Delay = TimeSpan.FromMilliseconds(20), Bandwidth = 8_000_000, QueueLimit = 3000 }, 1, _time);
        var start = _time.Now;

        // A kilobyte takes a millisecond; three kilobytes wait, the fifth finds no room.
        Send(link, [.. Enumerable.Range(0, 5).Select(i => Enumerable.Repeat((byte)i, 1000).ToArray())]);
        List<double> arrivals = [];
        while (link.NextDeadline != Instant.Never)
        {
            _time.Now = link.NextDeadline;
            link.OnTimer(_time.Now);
            arrivals.AddRange(right.Take().Select(_ => (_time.Now - start).TotalMilliseconds));
        }

        Assert.Equal([21, 22, 23], arrivals);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void As_many_frames_are_lost_as_the_chance_says(double loss)
    {
        var (arrived, _) = Through(new FaultProfile { Loss = loss }, 4000);
        Assert.InRange(arrived.Count, (4000 * (1 - loss)) - 150, (4000 * (1 - loss)) + 150);
    }

    [Fact]
    public void Bursts_lose_frames_in_runs()
    {
        var (arrived, reports) = Through(new FaultProfile { Bursts = new BurstLoss(0.02, 0.2) }, 10_000);
        Assert.InRange(arrived.Count, 8500, 9500);
        var lost = reports.Select(r => r.IsLost).ToArray();
        var runs = Enumerable.Range(0, lost.Length).Count(i => lost[i] && (i == 0 || !lost[i - 1]));

        // A bad time lasts five frames on average.
        Assert.InRange((double)lost.Count(l => l) / runs, 4, 6);
    }

    [Fact]
    public void Frames_come_twice_out_of_order_and_damaged_as_often_as_asked()
    {
        var (arrived, reports) = Through(new FaultProfile { Duplication = 0.1, Delay = TimeSpan.FromMilliseconds(5) }, 2000);
        Assert.Equal(2000 + reports.Count(r => (r.Kinds & FaultKinds.Duplicated) != 0), arrived.Count);
        Assert.InRange(arrived.Count, 2120, 2280);

        (arrived, _) =
            Through(new FaultProfile { Reordering = 0.05, Jitter = TimeSpan.FromMilliseconds(1) }, 2000, TimeSpan.FromMilliseconds(1));
        Assert.Equal(2000, arrived.Distinct(StringComparer.Ordinal).Count());
        var overtaken = arrived.Zip(arrived.Skip(1)).Count(pair => string.CompareOrdinal(pair.First, pair.Second) > 0);
        Assert.InRange(overtaken, 50, 150);

        (arrived, reports) = Through(new FaultProfile { Corruption = 0.2 }, 2000);
        var sent = Enumerable.Range(0, 2000).Select(static n => $"{n:x8}0011223344556677");
        Assert.Equal(reports.Select(r => (r.Kinds & FaultKinds.Corrupted) != 0), arrived.Zip(sent, (a, b) => a != b));
        Assert.InRange(reports.Count(r => (r.Kinds & FaultKinds.Corrupted) != 0), 320, 480);
    }

    [Fact]
    public void A_partition_and_a_smaller_frame_limit_come_and_go()
    {
        using var wire = new MemoryWire(Here, There);
        var right = new Collector(wire.Right);
        using var link = new FaultLink(wire.Left, new FaultProfile { IsPartitioned = true }, 1, _time);
        Send(link, [1]);
        link.Profile = new FaultProfile { MaxFrameLength = 100 };
        Send(link, new byte[101], [2]);
        link.Profile = FaultProfile.None;
        Send(link, [3]);
        Assert.Equal(["02", "03"], right.Take());
    }

    [Fact]
    public void The_same_seed_gives_the_same_fate_and_another_seed_another()
    {
        var profile = new FaultProfile
        {
            Loss = 0.1,
            Duplication = 0.1,
            Corruption = 0.1,
            Reordering = 0.1,
            Jitter = TimeSpan.FromMilliseconds(3),
            Bursts = new BurstLoss(0.01, 0.2),
        };
        Assert.Equal(Through(profile, 500, seed: 5).Arrived, Through(profile, 500, seed: 5).Arrived);
        Assert.NotEqual(Through(profile, 500, seed: 5).Arrived, Through(profile, 500, seed: 6).Arrived);
    }

    [Fact]
    public void Keyed_by_flow_each_flow_meets_the_same_faults_in_whatever_order_flows_come()
    {
        byte[][] flows = [.. Enumerable.Range(1, 4).Select(i =>
        {
            var packet = new byte[28];
            Ipv4Writer.Write(packet, LabNetwork.Ip("198.18.0.1"), LabNetwork.Ip("198.18.0.2"), IpProtocol.Udp, 8);
            packet[21] = (byte)i;
            return packet;
        })];
        var random = new Random(3);
        var fates = Enumerable.Range(0, 2).Select(_ =>
        {
            using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Layer = LinkLayer.Ip });
            using var link = new FaultLink(wire.Left, new FaultProfile { Loss = 0.5 }, 9, _time, FaultKeying.Flow);
            var fate = new StringBuilder[] { new(), new(), new(), new() };
            var current = 0;
            link.Observer = (ReadOnlySpan<byte> _, in FaultReport report) => fate[current].Append(report.IsLost ? 'x' : '.');
            int[] left = [50, 50, 50, 50];
            while (left.Sum() > 0)
            {
                current = random.Next(4);
                if (left[current]-- > 0)
                {
                    Send(link, flows[current]);
                }
                else
                {
                    left[current] = 0;
                }
            }

            return string.Join('|', fate.Select(f => f.ToString()));
        }).ToArray();
        Assert.Equal(fates[0], fates[1]);
        Assert.Equal(4, fates[0].Split('|').Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_capture_holds_both_directions_with_their_times_and_comments()
    {
        using var stream = new MemoryStream();
        using var wire = new MemoryWire(Here, There);
        var file = new CaptureFile(stream, _time, DateTimeOffset.UnixEpoch.AddYears(50));
        using var link = new CaptureLink(wire.Left, file, "left", static (frame, direction) => $"{direction} {frame.Length}");
        var collector = new Collector(link);
        Send(link, Frame(There, Here));
        _time.Now += TimeSpan.FromMilliseconds(1.5);
        Send(wire.Right, Frame(Here, There), Frame(Here, There));
        collector.Take();
        stream.Position = 0;
        var reader = new PcapngReader(stream);
        List<string> read = [];
        while (reader.TryRead(out var packet))
        {
            var comment = "";
            foreach (var option in packet.Options)
            {
                comment = option.Code == 1 ? Encoding.UTF8.GetString(option.Value) : comment;
            }

            read.Add($"{packet.Interface.Name} {packet.Nanoseconds!.Value % 10_000_000_000} {packet.Direction} {comment}");
        }

        Assert.Equal(PcapngEnd.Complete, reader.End);
        Assert.Equal(
            ["left 1000000000 Outbound Outbound 14", "left 1001500000 Inbound Inbound 14", "left 1001500000 Inbound Inbound 14"],
            read.Select(r => r.Replace("left 3", "left 1", StringComparison.Ordinal)));
    }

    [Fact]
    public void Hosts_talk_over_links_that_are_wrapped_twice_in_virtual_time()
    {
        using var stream = new MemoryStream();
        var file = new CaptureFile(stream, _time, DateTimeOffset.UnixEpoch.AddYears(50));
        var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Time = _time });
        using var us = Make(
            new CaptureLink(
                new FaultLink(wire.Left, new FaultProfile { Delay = TimeSpan.FromMilliseconds(30), Loss = 0.3 }, 4, _time), file, "us"), 1);
        using var them = Make(
            new FaultLink(new CaptureLink(wire.Right, file, "them"), new FaultProfile { Delay = TimeSpan.FromMilliseconds(10) }, 5, _time),
            2);
        var probe = new RecordingProtocol();
        us.Host.Register(IpProtocol.Icmp, probe);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(us.Host.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var path));
            var length = IcmpWriter.WriteEchoRequest(us.Host.Reserve(path, 40), 1, (ushort)i, new byte[32]);
            us.Host.Send(new IpDeparture(IpProtocol.Icmp, length));
            Run(TimeSpan.FromSeconds(1), us, them);
        }

        Assert.InRange(probe.Packets.Count, 8, 19);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void What_the_link_under_faults_does_not_take_yet_waits_and_senders_with_it(int delay)
    {
        using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Capacity = 2, Time = _time });
        var right = new Collector(wire.Right);
        using var link = new FaultLink(wire.Left, new FaultProfile { Delay = TimeSpan.FromMilliseconds(delay) }, 1, _time);
        using var sender = link.OpenSender();
        List<string> taken = [];
        List<string> arrived = [];
        for (var round = 0; round < 40; round++)
        {
            // One comes in a millisecond; the receiver takes two in ten.
            var room = sender.Reserve();
            if (!room.IsEmpty)
            {
                room[0] = (byte)round;
                sender.Commit(1);
                taken.Add($"{round:x2}");
            }

            Assert.Equal(0, sender.Flush().Refused);
            _time.Now += TimeSpan.FromMilliseconds(1);
            link.OnTimer(_time.Now);
            arrived.AddRange(round % 10 == 9 ? right.Take() : []);
        }

        Assert.InRange(taken.Count, 8, 20);
        Assert.InRange(link.UnderWay, 1, 6);
        while (link.NextDeadline != Instant.Never)
        {
            _time.Now = link.NextDeadline;
            link.OnTimer(_time.Now);
            arrived.AddRange(right.Take());
        }

        Assert.Equal(taken, arrived);
        Assert.False(sender.Reserve().IsEmpty);
    }

    [Fact]
    public void A_capture_around_faults_says_of_each_frame_what_was_done_to_it()
    {
        using var stream = new MemoryStream();
        var file = new CaptureFile(stream, _time, DateTimeOffset.UnixEpoch);
        using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Time = _time });
        var faults = new FaultLink(wire.Left, new FaultProfile { IsPartitioned = true }, 1, _time);
        using var link = new CaptureLink(faults, file, "left", (frame, _) => frame[0] == 2 ? "two" : null);
        Send(link, [1], [2]);
        faults.Profile = FaultProfile.None;
        Send(link, [3], [2]);
        faults.Profile = new FaultProfile { Duplication = 1, Delay = TimeSpan.FromMilliseconds(12.5) };
        Send(link, [4]);
        Assert.Equal(
            ["01 partitioned", "02 two; partitioned", "03 ", "02 two", "04 duplicated, arrives after 12.5 ms"],
            Comments(stream).Select(static c => $"{Convert.ToHexStringLower(c.Frame)} {c.Comment}"));
    }

    private static List<(byte[] Frame, string Comment)> Comments(MemoryStream stream)
    {
        stream.Position = 0;
        var reader = new PcapngReader(stream);
        var read = new List<(byte[] Frame, string Comment)>();
        while (reader.TryRead(out var packet))
        {
            var comment = "";
            foreach (var option in packet.Options)
            {
                comment = option.Code == 1 ? Encoding.UTF8.GetString(option.Value) : comment;
            }

            read.Add((packet.Frame.ToArray(), comment));
        }

        return read;
    }

    private static HostLinks Make(IPacketLink link, int number)
    {
        var made = new HostLinks(new IpHost(new IpHostOptions { Seed = (ulong)number }, new PacketPool()));
        var at = made.Attach(link, new IpInterfaceOptions { Name = "eth0", LinkLocal = LinkLocalChoice.None });
        made.Host.AddAddress(at, LabNetwork.Ip($"198.18.0.{number}"), 24);
        return made;
    }

    private void Run(TimeSpan time, params HostLinks[] hosts)
    {
        var end = _time.Now + time;
        while (_time.Now < end)
        {
            while (hosts.Sum(h => h.Step(_time.Now)) > 0 || hosts.Any(h => h.NextDeadline <= _time.Now))
            {
            }

            var next = hosts.Aggregate(end, (least, host) => Instant.Earlier(least, host.NextDeadline));
            _time.Now = next > _time.Now ? next : end;
        }
    }

    private (List<string> Arrived, List<FaultReport> Reports) Through(
        FaultProfile profile, int count, TimeSpan between = default, ulong seed = 1)
    {
        using var wire = new MemoryWire(Here, There, new MemoryLinkOptions { Layer = LinkLayer.Ip, Capacity = 100_000 });
        var right = new Collector(wire.Right);
        using var link = new FaultLink(wire.Left, profile, seed, _time);
        var reports = new List<FaultReport>();
        link.Observer = (ReadOnlySpan<byte> _, in FaultReport report) => reports.Add(report);
        List<string> arrived = [];
        for (var i = 0; i < count; i++)
        {
            Send(link, [(byte)(i >> 24), (byte)(i >> 16), (byte)(i >> 8), (byte)i, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]);
            _time.Now += between;
            link.OnTimer(_time.Now);
            arrived.AddRange(right.Take());
        }

        while (link.NextDeadline != Instant.Never)
        {
            _time.Now = link.NextDeadline;
            link.OnTimer(_time.Now);
            arrived.AddRange(right.Take());
        }

        return (arrived, reports);
    }

    private static byte[] Frame(MacAddress destination, MacAddress source)
    {
        var frame = new byte[14];
        EthernetWriter.Write(frame, destination, source, (EtherType)0x88b5);
        return frame;
    }

    private static void Send(IPacketLink link, params byte[][] frames)
    {
        using var sender = link.OpenSender();
        foreach (var frame in frames)
        {
            if (sender.Reserve().IsEmpty)
            {
                sender.Flush();
            }

            frame.CopyTo(sender.Reserve());
            sender.Commit(frame.Length);
        }

        sender.Flush();
    }

    private sealed class Deaf(IPacketLink link) : IPacketLink
    {
        internal int Senders { get; private set; }

        public LinkLayer Layer => link.Layer;

        public MacAddress HardwareAddress => link.HardwareAddress;

        public int MaxFrameLength => link.MaxFrameLength;

        public string Description => "a link that cannot be received from";

        public IFrameSender OpenSender()
        {
            Senders++;
            return new Counted(link.OpenSender(), () => Senders--);
        }

        public IFrameReceiver OpenReceiver(FrameFilter filter) => throw new IOException("deaf");

        public void Dispose() => link.Dispose();
    }

    private sealed class Counted(IFrameSender sender, Action whenDisposed) : IFrameSender
    {
        public Span<byte> Reserve() => sender.Reserve();

        public void Commit(int length) => sender.Commit(length);

        public SendReport Flush() => sender.Flush();

        public void Dispose()
        {
            sender.Dispose();
            whenDisposed();
        }
    }

    private sealed class Collector(IPacketLink link) : IFrameSink
    {
        private readonly IFrameReceiver _receiver = link.OpenReceiver(All);
        private readonly List<string> _frames = [];

        internal long Dropped => _receiver.Dropped;

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => _frames.Add(Convert.ToHexStringLower(frame));

        internal List<string> Take()
        {
            while (_receiver.Receive(this, TimeSpan.Zero) > 0)
            {
            }

            var taken = _frames.ToList();
            _frames.Clear();
            return taken;
        }
    }
}
