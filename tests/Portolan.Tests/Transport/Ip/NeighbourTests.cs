using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>Hosts on a link find each other, and notice when they are gone.</summary>
public sealed class NeighbourTests
{
    private const string Ours = "198.18.0.1/24 2001:db8::1/64";
    private const string Theirs = "198.18.0.2/24 2001:db8::2/64";

    private readonly LabNetwork _network = new();

    [Theory]
    [InlineData("0.0.0.0", "198.18.0.2")]
    [InlineData("::", "2001:db8::2")]
    public void A_packet_waits_until_the_neighbour_is_found(string any, string destination)
    {
        var (us, them, _) = Pair();
        Assert.True(us.Send(any, destination, "hello"u8));
        Assert.Empty(_network.Seen);
        _network.Settle();
        Assert.Equal("hello"u8, Assert.Single(them.Probe.Packets).Payload);

        // A question, its answer, the packet; nothing more, for the question told who asks.
        Assert.Equal(3, _network.Seen.Count);
        Assert.True(them.Send(any, any == "::" ? "2001:db8::1" : "198.18.0.1", "back"u8));
        _network.Settle();
        Assert.Equal(4, _network.Seen.Count);
        Assert.Equal(0, us.Pool.InUse);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.0.77", 3)]
    [InlineData("::", "2001:db8::77", 3)]
    public void A_neighbour_that_never_answers_is_asked_three_times_and_the_protocol_is_told(string any, string destination, int questions)
    {
        var (us, _, _) = Pair();
        us.Send(any, destination, "12345678"u8);
        _network.Run(2.9);
        Assert.Empty(us.Probe.Errors);
        Assert.Equal(questions, _network.Seen.Count);
        _network.Run(0.2);
        var (report, quoted) = Assert.Single(us.Probe.Errors);
        Assert.Equal(IcmpProblem.HostUnreachable, report.Problem);
        Assert.Equal("12345678"u8, quoted);
        Assert.Equal(LabNetwork.Ip(destination), report.Destination);
        Assert.Equal(1, us.Ip.Counters[IpDrop.NoNeighbour]);
        Assert.Equal(0, us.Pool.InUse);
        Assert.Equal(questions, _network.Seen.Count);
    }

    [Fact]
    public void Only_so_many_packets_wait_for_a_neighbour_and_the_newest_stay()
    {
        var us = _network.AddHost(new IpHostOptions { Seed = 1, Neighbours = new NeighbourLimits { MaxPendingPackets = 3 } });
        var them = _network.AddHost();
        var net = _network.AddSwitch();
        us.Join(net, addresses: Ours);
        for (byte i = 0; i < 10; i++)
        {
            us.Send("0.0.0.0", "198.18.0.2", [i]);
        }

        them.Join(net, addresses: Theirs);
        _network.Settle();
        Assert.Equal([7, 8, 9], them.Probe.Packets.Select(p => (int)p.Payload[0]));
        Assert.Equal(7, us.Ip.Counters[IpDrop.NoNeighbour]);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.0.2")]
    [InlineData("::", "2001:db8::2")]
    public void A_stale_neighbour_is_used_at_once_and_asked_itself_after_five_seconds(string any, string destination)
    {
        var (us, them, at) = Pair();
        us.Send(any, destination, [1]);
        _network.Run(60);
        var before = _network.Seen.Count;
        us.Send(any, destination, [2]);
        _network.Settle();
        Assert.Equal(2, them.Probe.Packets.Count);
        Assert.Equal(NeighbourState.Delay, at.Neighbours.Find(LabNetwork.Ip(destination))!.State);
        _network.Run(4.9);
        Assert.Equal(before + 1, _network.Seen.Count);
        _network.Run(0.2);

        // A question to the neighbour alone, and its answer.
        Assert.Equal(before + 3, _network.Seen.Count);
        Assert.True(EthernetFrame.TryRead(_network.Seen[before + 1], out var question));
        Assert.Equal(0u, question.Destination.Value >> 40 & 1);
        Assert.Equal(NeighbourState.Reachable, at.Neighbours.Find(LabNetwork.Ip(destination))!.State);
    }

    [Fact]
    public void What_a_higher_layer_confirms_is_never_asked_after()
    {
        var (us, _, at) = Pair();
        us.Send("::", "2001:db8::2", [1]);
        _network.Run(1);
        Assert.True(us.Ip.TryFindPath(LabNetwork.Ip("::"), LabNetwork.Ip("2001:db8::2"), 0, out var path));
        for (var i = 0; i < 30; i++)
        {
            us.Ip.Confirm(path, _network.Now);
            us.Send("::", "2001:db8::2", [1]);
            _network.Run(10);
        }

        // One question and answer each way, for the answer was the other's first packet to us; and thirty-one packets.
        Assert.Equal(35, _network.Seen.Count);
        Assert.Equal(NeighbourState.Reachable, at.Neighbours.Find(LabNetwork.Ip("2001:db8::2"))!.State);
    }

    [Fact]
    public void A_neighbour_that_went_away_is_given_up_and_looked_for_again()
    {
        var (us, them, at) = Pair();
        us.Send("::", "2001:db8::2", [1]);
        _network.Run(60);
        them.Ip.Interfaces[1].IsUp = false;
        us.Send("::", "2001:db8::2", "12345678"u8);
        _network.Run(5 + 3.1);
        Assert.Null(at.Neighbours.Find(LabNetwork.Ip("2001:db8::2")));
        them.Ip.Interfaces[1].IsUp = true;
        us.Send("::", "2001:db8::2", [3]);
        _network.Settle();
        Assert.Equal([3], them.Probe.Packets[^1].Payload);
    }

    [Fact]
    public void A_neighbour_that_moved_is_believed_when_it_says_so()
    {
        var (us, them, at) = Pair();
        us.Send("0.0.0.0", "198.18.0.2", [1]);
        _network.Settle();
        var moved = new MacAddress(0x0200_0000_9999);
        var frame = new byte[42];
        EthernetWriter.Write(frame, MacAddress.Broadcast, moved, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(14), ArpOperation.Request, moved, LabNetwork.Ip("198.18.0.2"), default, LabNetwork.Ip("198.18.0.2"));
        us.Inject(at, frame);
        var neighbour = at.Neighbours.Find(LabNetwork.Ip("198.18.0.2"))!;
        Assert.Equal((moved, NeighbourState.Stale), (neighbour.HardwareAddress, neighbour.State));
    }

    [Fact]
    public void Gratuitous_news_of_strangers_is_not_kept()
    {
        var (us, _, at) = Pair();
        var frame = new byte[42];
        var station = new MacAddress(0x0200_0000_9999);
        EthernetWriter.Write(frame, MacAddress.Broadcast, station, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(14), ArpOperation.Reply, station, LabNetwork.Ip("198.18.0.9"), station, LabNetwork.Ip("198.18.0.9"));
        us.Inject(at, frame);
        Assert.Equal(0, at.Neighbours.Count);
    }

    [Fact]
    public void The_table_stays_bounded()
    {
        var us = _network.AddHost(new IpHostOptions { Seed = 1, Neighbours = new NeighbourLimits { MaxEntries = 16 } });
        var at = us.Join(_network.AddSwitch(), addresses: "198.18.0.1/16");
        for (var i = 2; i < 250; i++)
        {
            us.Send("0.0.0.0", $"198.18.7.{i}", [1]);
        }

        Assert.Equal(16, at.Neighbours.Count);
        Assert.Equal(16, us.Pool.InUse);
        _network.Run(10);
        Assert.Equal(0, us.Pool.InUse);
    }

    [Theory]
    [InlineData("198.18.5.0", 24, "198.18.5.200")]
    [InlineData("2001:db8:5::", 48, "2001:db8:5:1234::77")]
    public void A_host_answers_for_a_whole_prefix(string prefix, int length, string destination)
    {
        var (us, them, _) = Pair("198.18.0.1/16 2001:db8::1/32", "198.18.0.2/16 2001:db8::2/32");
        them.Ip.AddPrefix(them.Ip.Interfaces[1], LabNetwork.Ip(prefix), length);
        Assert.True(us.Ping(destination.Contains(':') ? "::" : "0.0.0.0", destination));
        _network.Settle();
        Assert.Equal(LabNetwork.Ip(destination), Assert.Single(us.Probe.Packets).Arrival.Source);
    }

    [Fact]
    public void Solicitations_that_came_through_a_router_are_not_heard()
    {
        var (us, them, at) = Pair();
        us.Ping("::", "2001:db8::2");
        _network.Settle();
        var question = _network.Seen[0].ToArray();
        Assert.True(EthernetFrame.TryRead(question, out var ethernet));
        Assert.Equal(EtherType.Ipv6, ethernet.Type);
        question[14 + 7] = 254;
        var before = _network.Seen.Count;
        them.Inject(them.Ip.Interfaces[1], question);
        _network.Settle();
        Assert.Equal(before, _network.Seen.Count);
        Assert.Equal(1, them.Ip.Counters[IpDrop.Malformed]);
    }

    [Theory]
    [InlineData("ff02::1:ff00:2", 0, true)]
    [InlineData("ff02::1:ff00:2", 1, false)]
    [InlineData("ff02::1", 0, false)]
    [InlineData("2001:db8::2", 0, false)]
    public void A_solicitation_from_nobody_goes_to_the_solicited_node_group_with_code_0_RFC_4861_section_7_1_1(
        string to, byte code, bool isAnswered)
    {
        var (_, them, _) = Pair();
        var (from, target) = (LabNetwork.Ip("::"), LabNetwork.Ip("2001:db8::2"));
        var body = new byte[16];
        target.WriteBytes(body);
        var frame = new byte[14 + 40 + 24];
        EthernetWriter.Write(frame, them.Ip.Interfaces[1].HardwareAddress, new MacAddress(0x0200_0000_0099), EtherType.Ipv6);
        var length = Icmpv6Writer.Write(frame.AsSpan(54), from, LabNetwork.Ip(to), Icmpv6Type.NeighbourSolicitation, code, 0, body);
        Ipv6Writer.Write(frame.AsSpan(14), from, LabNetwork.Ip(to), IpProtocol.Icmpv6, length, 255);
        them.Inject(them.Ip.Interfaces[1], frame);
        _network.Settle();
        Assert.Equal(isAnswered ? (1, 0) : (0, 1), (_network.Seen.Count, (int)them.Ip.Counters[IpDrop.Malformed]));
    }

    private (LabHost Us, LabHost Them, IpInterface At) Pair(string ours = Ours, string theirs = Theirs)
    {
        var net = _network.AddSwitch();
        var (us, them) = (_network.AddHost(), _network.AddHost());
        var at = us.Join(net, addresses: ours);
        them.Join(net, addresses: theirs);
        _network.Run(5);
        _network.Seen.Clear();
        return (us, them, at);
    }
}
