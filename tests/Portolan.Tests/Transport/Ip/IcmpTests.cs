using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>What is answered, what is told, and when a host keeps silent.</summary>
public sealed class IcmpTests
{
    private readonly LabNetwork _network = new();

    [Theory]
    [InlineData("198.18.0.2", 32)]
    [InlineData("2001:db8::2", 32)]
    [InlineData("198.18.0.2", 4000)]
    [InlineData("2001:db8::2", 4000)]
    [InlineData("127.0.0.1", 32)]
    [InlineData("127.1.2.3", 32)]
    [InlineData("::1", 32)]
    [InlineData("198.18.0.1", 60_000)]
    public void Echoes_are_answered(string destination, int length)
    {
        var (us, _) = Pair();
        Assert.True(us.Ping(destination.Contains(':') ? "::" : "0.0.0.0", destination, length));
        _network.Run(0.1);
        var (arrival, reply) = Assert.Single(us.Probe.Packets);
        Assert.Equal(8 + length, reply.Length);
        Assert.Equal(LabNetwork.Ip(destination), arrival.Source);
        Assert.Equal(64, arrival.HopLimit);
        Assert.Equal(0, us.Pool.InUse);
    }

    [Theory]
    [InlineData(true, false, false, 9, false)]
    [InlineData(true, true, false, 9, true)]
    [InlineData(false, false, true, 0, false)]
    public void How_an_echo_is_answered_is_the_hosts(bool keepsCode, bool keepsDontFragment, bool counts, byte code, bool dontFragment)
    {
        var net = _network.AddSwitch();
        var us = _network.AddHost();
        var them = _network.AddHost(new IpHostOptions
        {
            Seed = 2,
            KeepsEchoCode = keepsCode,
            KeepsEchoDontFragment = keepsDontFragment,
            CountsPackets = counts,
        });
        us.Join(net, addresses: "198.18.0.1/24");
        them.Join(net, addresses: "198.18.0.2/24");
        _network.Run(5);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(us.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var path));
            us.Ip.AdvanceTo(_network.Now);
            var length = IcmpWriter.Write(us.Ip.Reserve(path, 16), IcmpType.EchoRequest, 9, 7, new byte[8]);
            us.Ip.Send(new IpDeparture(IpProtocol.Icmp, length, MayFragment: i == 0));
            _network.Run(0.1);
            var (arrival, reply) = us.Probe.Packets[^1];
            Assert.Equal((code, dontFragment && i > 0), (reply[1], arrival.DontFragment));
        }

        Assert.Equal(3, us.Probe.Packets.Count);
    }

    [Fact]
    public void Link_local_addresses_answer_on_their_link()
    {
        var net = _network.AddSwitch();
        var (us, them) = (_network.AddHost(), _network.AddHost());
        us.Join(net, linkLocal: LinkLocalChoice.Stable);
        var there = them.Join(net, linkLocal: LinkLocalChoice.Stable);
        _network.Run(3);
        Assert.True(us.Ping("::", $"{there.Addresses[0].Address}", interfaceNumber: 2));
        _network.Settle();
        Assert.Single(us.Probe.Packets);
    }

    [Fact]
    public void A_group_answers_echoes_of_IPv6_only()
    {
        var (us, _) = Pair();
        us.Ping("2001:db8::1", "ff02::1", interfaceNumber: 2);
        us.Ping("198.18.0.1", "224.0.0.1", interfaceNumber: 2);
        us.Ping("198.18.0.1", "198.18.0.255");
        _network.Run(0.1);

        // From the other host, and from this one itself, which hears what it sends to a group.
        Assert.Equal(2, us.Probe.Packets.Count);
        Assert.All(us.Probe.Packets, p => Assert.False(p.Arrival.Source.IsIPv4));
    }

    [Theory]
    [InlineData("198.18.0.2", IpAnswer.PortUnreachable, IcmpProblem.PortUnreachable)]
    [InlineData("2001:db8::2", IpAnswer.PortUnreachable, IcmpProblem.PortUnreachable)]
    [InlineData("198.18.0.2", IpAnswer.HostUnreachable, IcmpProblem.HostUnreachable)]
    [InlineData("2001:db8::2", IpAnswer.HostUnreachable, IcmpProblem.HostUnreachable)]
    [InlineData("198.18.0.2", IpAnswer.NetworkUnreachable, IcmpProblem.NetworkUnreachable)]
    [InlineData("2001:db8::2", IpAnswer.NetworkUnreachable, IcmpProblem.NetworkUnreachable)]
    [InlineData("198.18.0.2", IpAnswer.ProtocolUnreachable, IcmpProblem.ProtocolUnreachable)]
    [InlineData("2001:db8::2", IpAnswer.ProtocolUnreachable, IcmpProblem.ProtocolUnreachable)]
    [InlineData("198.18.0.2", IpAnswer.Prohibited, IcmpProblem.Prohibited)]
    [InlineData("2001:db8::2", IpAnswer.Prohibited, IcmpProblem.Prohibited)]
    public void What_a_protocol_answers_comes_back_as_an_error_about_the_packet(string destination, Enum answer, Enum problem)
    {
        var (us, them) = Pair();
        them.Probe.Answer = (IpAnswer)answer;
        us.Send(destination.Contains(':') ? "::" : "0.0.0.0", destination, "12345678abc"u8);
        _network.Settle();
        var (report, quoted) = Assert.Single(us.Probe.Errors);
        Assert.Equal((IcmpProblem)problem, report.Problem);
        Assert.Equal(LabNetwork.Ip(destination), report.Reporter);
        Assert.Equal("12345678abc"u8, quoted);
    }

    /// <summary>As the table icmp_err_convert of Linux sorts them.</summary>
    [Theory]
    [InlineData(IcmpProblem.NetworkUnreachable, 0, 6, 11)]
    [InlineData(IcmpProblem.HostUnreachable, 1, 5, 7, 8, 12)]
    [InlineData(IcmpProblem.ProtocolUnreachable, 2)]
    [InlineData(IcmpProblem.PortUnreachable, 3)]
    [InlineData(IcmpProblem.PacketTooBig, 4)]
    [InlineData(IcmpProblem.Prohibited, 9, 10, 13, 14, 15)]
    [InlineData(IcmpProblem.Other, 16)]
    public void Every_code_of_an_unreachable_has_its_meaning(Enum problem, params int[] codes) =>
        Assert.All(codes, code => Assert.Equal((IcmpProblem)problem, IcmpProblems.Of(IcmpType.DestinationUnreachable, (byte)code)));

    [Theory]
    [InlineData("198.18.0.2", 1020)]
    [InlineData("2001:db8::2", 1040)]
    public void An_error_tells_how_long_the_packet_was(string destination, int length)
    {
        var (us, them) = Pair();
        them.Probe.Answer = IpAnswer.PortUnreachable;
        us.Send(destination.Contains(':') ? "::" : "0.0.0.0", destination, new byte[1000]);
        _network.Settle();
        var (report, quoted) = Assert.Single(us.Probe.Errors);
        Assert.Equal(length, report.PacketLength);
        Assert.Equal(destination.Contains(':'), quoted.Length == 1000);
    }

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void A_protocol_that_nobody_speaks_is_refused(string destination)
    {
        var (us, them) = Pair();
        var payload = new byte[16];
        var frame = FrameTo(us, them, destination, (IpProtocol)254, payload);
        them.Inject(them.Ip.Interfaces[1], frame);
        _network.Settle();
        Assert.Equal(1, them.Ip.Counters[IpDrop.UnknownProtocol]);
        Assert.Equal(1, them.Ip.Counters.ErrorsSent);
    }

    [Theory]
    [InlineData("198.18.0.1", "224.0.0.1")]
    [InlineData("198.18.0.1", "255.255.255.255")]
    [InlineData("198.18.0.1", "198.18.0.255")]
    [InlineData("2001:db8::1", "ff02::1")]
    public void Nothing_is_said_about_what_went_to_many(string source, string destination)
    {
        var (us, them) = Pair();
        them.Probe.Answer = IpAnswer.PortUnreachable;
        us.Probe.Answer = IpAnswer.PortUnreachable;
        Assert.True(us.Send(source, destination, new byte[16], interfaceNumber: 2));
        _network.Settle();
        Assert.Single(them.Probe.Packets);
        Assert.Equal(0, them.Ip.Counters.ErrorsSent + us.Ip.Counters.ErrorsSent);
    }

    [Fact]
    public void Nothing_is_said_about_errors_or_later_fragments()
    {
        var (us, them) = Pair();
        var at = them.Ip.Interfaces[1];

        // An error that quotes nothing of ours, to a host that knows no protocol 254 either.
        var quote = new byte[28];
        Ipv4Writer.Write(quote, LabNetwork.Ip("198.18.0.2"), LabNetwork.Ip("198.18.0.9"), (IpProtocol)254, 8);
        var error = new byte[36];
        IcmpWriter.WriteUnreachable(error, IcmpUnreachableCode.Protocol, quote);
        them.Inject(at, FrameTo(us, them, "198.18.0.2", IpProtocol.Icmp, error));
        Assert.Equal(1, them.Ip.Counters[IpDrop.InvalidQuote]);

        // A single later fragment whose time runs out.
        var frame = FrameTo(us, them, "198.18.0.2", LabHost.Experiment, new byte[16]);
        var header = new Ipv4Header(
            LabNetwork.Ip("198.18.0.1"), LabNetwork.Ip("198.18.0.2"), LabHost.Experiment, Identification: 9, FragmentOffset: 64);
        Ipv4Writer.Write(frame.AsSpan(14), header, 16);
        them.Inject(at, frame);
        _network.Run(61);
        Assert.Equal(0, them.Ip.Counters.ErrorsSent);
        Assert.Equal(1, them.Ip.Counters[IpDrop.Fragment]);
    }

    [Theory]
    [InlineData("198.18.0.2", "0.0.0.0")]
    [InlineData("2001:db8::2", "::")]
    public void The_sender_of_fragments_that_did_not_all_come_is_told(string destination, string any)
    {
        var (us, them) = Pair();
        us.Ping(any, destination);
        _network.Settle();
        _network.Seen.Clear();
        us.Send(any, destination, new byte[3000]);
        us.Ip.Flush();
        them.Ip.Interfaces[1].IsUp = false;
        _network.Settle();
        them.Ip.Interfaces[1].IsUp = true;
        them.Inject(them.Ip.Interfaces[1], _network.Seen[0]);
        _network.Run(61);
        Assert.Equal(IcmpProblem.ReassemblyTimeExceeded, Assert.Single(us.Probe.Errors).Report.Problem);
        Assert.Equal(0, them.Pool.InUse);
    }

    [Fact]
    public void Errors_to_one_host_and_in_all_are_limited()
    {
        var (us, them) = Pair();
        them.Probe.Answer = IpAnswer.PortUnreachable;
        Assert.True(us.Ping("0.0.0.0", "198.18.0.2"));
        _network.Settle();
        for (var i = 0; i < 100; i++)
        {
            us.Send("0.0.0.0", "198.18.0.2", new byte[8]);
        }

        _network.Settle();
        Assert.Equal(6, us.Probe.Errors.Count);
        Assert.Equal(94, them.Ip.Counters[IpDrop.ErrorLimited]);
        _network.Run(2);
        for (var i = 0; i < 100; i++)
        {
            us.Send("0.0.0.0", "198.18.0.2", new byte[8]);
        }

        _network.Settle();
        Assert.Equal(8, us.Probe.Errors.Count);

        // From many sources at once: the burst for all.
        _network.Run(1);
        var before = them.Ip.Counters.ErrorsSent;
        for (var i = 0; i < 1000; i++)
        {
            var frame = FrameTo(us, them, "198.18.0.2", LabHost.Experiment, new byte[8], $"198.18.0.{3 + (i % 250)}");
            them.Inject(them.Ip.Interfaces[1], frame);
        }

        Assert.Equal(50, them.Ip.Counters.ErrorsSent - before);
    }

    [Fact]
    public void A_host_may_be_silent()
    {
        var net = _network.AddSwitch();
        var us = _network.AddHost();
        us.Join(net, addresses: "198.18.0.1/24");
        var them = _network.AddHost(new IpHostOptions { Seed = 3, AnswersEcho = false, SendsErrors = false });
        them.Join(net, addresses: "198.18.0.2/24");
        them.Probe.Answer = IpAnswer.PortUnreachable;
        us.Ping("0.0.0.0", "198.18.0.2");
        us.Send("0.0.0.0", "198.18.0.2", new byte[8]);
        _network.Run(5);
        Assert.Empty(us.Probe.Packets);
        Assert.Empty(us.Probe.Errors);
    }

    [Theory]
    [InlineData(0x1e, false, false)]
    [InlineData(0x5e, true, false)]
    [InlineData(0x9e, true, true)]
    [InlineData(0xde, true, true)]
    public void Unknown_options_are_treated_as_their_type_says(byte option, bool isDropped, bool isTold)
    {
        var (us, them) = Pair();
        us.Ping("::", "2001:db8::2");
        _network.Settle();
        them.Inject(them.Ip.Interfaces[1], FrameWithOptions(us, them, "2001:db8::2", option));
        _network.Settle();
        Assert.Equal(isDropped ? 0 : 1, them.Probe.Packets.Count);
        Assert.Equal(isTold ? 1 : 0, them.Ip.Counters.ErrorsSent);
        if (isTold)
        {
            var (report, _) = Assert.Single(us.Probe.Errors);
            Assert.Equal((IcmpProblem.ParameterProblem, 2), (report.Problem, report.Code));
        }
    }

    [Theory]
    [InlineData(0x9e, 1)]
    [InlineData(0xde, 0)]
    public void Of_options_sent_to_a_group_only_some_are_told(byte option, int told)
    {
        var (us, them) = Pair();
        us.Ping("::", "2001:db8::2");
        _network.Settle();
        them.Inject(them.Ip.Interfaces[1], FrameWithOptions(us, them, "ff02::1", option));
        Assert.Equal(told, them.Ip.Counters.ErrorsSent);
    }

    [Fact]
    public void A_routing_header_with_segments_left_is_refused_and_without_is_passed_over()
    {
        var (us, them) = Pair();
        us.Ping("::", "2001:db8::2");
        _network.Settle();
        foreach (var left in (byte[])[1, 0])
        {
            var packet = new byte[14 + 40 + 24 + 8];
            Ipv6Writer.Write(packet.AsSpan(14), LabNetwork.Ip("2001:db8::1"), LabNetwork.Ip("2001:db8::2"), IpProtocol.Routing, 32);
            Ipv6ExtensionWriter.WriteRouting(packet.AsSpan(54), LabHost.Experiment, 0, left, new byte[20]);
            EthernetWriter.Write(packet, them.Ip.Interfaces[1].HardwareAddress, us.Ip.Interfaces[1].HardwareAddress, EtherType.Ipv6);
            them.Inject(them.Ip.Interfaces[1], packet);
        }

        _network.Settle();
        Assert.Single(them.Probe.Packets);
        Assert.Equal(IcmpProblem.ParameterProblem, Assert.Single(us.Probe.Errors).Report.Problem);
    }

    [Fact]
    public void A_source_route_is_dropped_and_an_option_that_does_not_fit_is_told()
    {
        var (us, them) = Pair();
        us.Ping("0.0.0.0", "198.18.0.2");
        _network.Settle();
        foreach (var options in (byte[][])[[131, 7, 4, 198, 18, 0, 9, 0], [7, 60, 4, 0]])
        {
            var packet = new byte[14 + 20 + options.Length + 8];
            var header = new Ipv4Header(LabNetwork.Ip("198.18.0.1"), LabNetwork.Ip("198.18.0.2"), LabHost.Experiment);
            Ipv4Writer.Write(packet.AsSpan(14), header, 8, options);
            EthernetWriter.Write(packet, them.Ip.Interfaces[1].HardwareAddress, us.Ip.Interfaces[1].HardwareAddress, EtherType.Ipv4);
            them.Inject(them.Ip.Interfaces[1], packet);
        }

        _network.Settle();
        Assert.Empty(them.Probe.Packets);
        Assert.Equal(1, them.Ip.Counters[IpDrop.SourceRoute]);
        Assert.Equal(IcmpProblem.ParameterProblem, Assert.Single(us.Probe.Errors).Report.Problem);
    }

    [Theory]
    [InlineData("127.0.0.1", "198.18.0.2")]
    [InlineData("224.0.0.1", "198.18.0.2")]
    [InlineData("255.255.255.255", "198.18.0.2")]
    [InlineData("198.18.0.255", "198.18.0.2")]
    [InlineData("198.18.0.2", "198.18.0.2")]
    [InlineData("0.0.0.0", "198.18.0.2")]
    [InlineData("198.18.0.1", "127.0.0.1")]
    [InlineData("::1", "2001:db8::2")]
    [InlineData("ff02::1", "2001:db8::2")]
    [InlineData("2001:db8::2", "2001:db8::2")]
    [InlineData("2001:db8::1", "::1")]
    [InlineData("2001:db8::1", "ff01::1")]
    [InlineData("::ffff:198.18.0.1", "2001:db8::2")]
    public void Addresses_that_do_not_belong_on_a_wire_are_dropped_without_a_word(string source, string destination)
    {
        var (us, them) = Pair();
        them.Probe.Answer = IpAnswer.PortUnreachable;
        them.Inject(them.Ip.Interfaces[1], FrameTo(us, them, destination, LabHost.Experiment, new byte[8], source));
        _network.Settle();
        Assert.Empty(them.Probe.Packets);
        Assert.Equal(1, them.Ip.Counters[IpDrop.Martian]);
        Assert.Equal(0, them.Ip.Counters.ErrorsSent);
    }

    [Fact]
    public void A_packet_to_one_host_in_a_frame_to_all_is_dropped()
    {
        var (us, them) = Pair();
        var frame = FrameTo(us, them, "198.18.0.2", LabHost.Experiment, new byte[8]);
        MacAddress.Broadcast.WriteBytes(frame);
        them.Inject(them.Ip.Interfaces[1], frame);
        Assert.Empty(them.Probe.Packets);
    }

    [Fact]
    public void Damaged_frames_are_never_fatal_and_leak_nothing()
    {
        var (us, them) = Pair();
        us.Ping("0.0.0.0", "198.18.0.2", 3000);
        us.Ping("::", "2001:db8::2", 3000);
        us.Ip.TryJoin(2, LabNetwork.Ip("ff02::1234"), out _);
        us.Ip.TryJoin(2, LabNetwork.Ip("239.1.2.3"), out _);
        _network.Run(5);
        var recorded = _network.Seen.ToArray();
        recorded = [.. recorded, FrameWithOptions(us, them, "2001:db8::2", 0xde)];
        Fuzz.Run(3000, (random, _) =>
        {
            var frame = Fuzz.Damage(random, recorded[random.Next(recorded.Length)]);
            RepairChecksum(frame, random);
            them.Inject(them.Ip.Interfaces[1], frame);
            us.Inject(us.Ip.Interfaces[1], frame);
            if (random.Next(50) == 0)
            {
                _network.Run(random.Next(30));
            }

            _network.Seen.Clear();
        });
        _network.Run(200);
        Assert.Equal((0, 0), (us.Pool.InUse, them.Pool.InUse));

        // And they still talk.
        us.Probe.Packets.Clear();
        us.Ping("0.0.0.0", "198.18.0.2");
        us.Ping("::", "2001:db8::2");
        _network.Run(30);
        Assert.True(us.Probe.Packets.Count >= 2);
    }

    /// <summary>So that damage gets past the first check.</summary>
    private static void RepairChecksum(byte[] frame, Random random)
    {
        if (random.Next(2) == 0 && frame.Length >= 34 && frame[14] >> 4 == 4)
        {
            var length = (frame[14] & 0xf) * 4;
            if (length >= 20 && frame.Length >= 14 + length)
            {
                (frame[24], frame[25]) = (0, 0);
                var sum = InternetChecksum.Of(frame.AsSpan(14, length));
                (frame[24], frame[25]) = ((byte)(sum >> 8), (byte)sum);
            }
        }
    }

    private static byte[] FrameTo(LabHost from, LabHost to, string destination, IpProtocol protocol, byte[] payload, string? source = null)
    {
        var target = LabNetwork.Ip(destination);
        var sender = LabNetwork.Ip(source ?? (target.IsIPv4 ? "198.18.0.1" : "2001:db8::1"));
        var header = target.IsIPv4 ? 20 : 40;
        var frame = new byte[14 + header + payload.Length];
        var station = target.IsIPv4 || target.UpperBits >> 56 != 0xff
            ? to.Ip.Interfaces[1].HardwareAddress
            : NeighbourDiscoveryWriter.MulticastHardwareAddress(target);
        EthernetWriter.Write(frame, station, from.Ip.Interfaces[1].HardwareAddress, target.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        if (target.IsIPv4)
        {
            Ipv4Writer.Write(frame.AsSpan(14), sender, target, protocol, payload.Length);
        }
        else
        {
            Ipv6Writer.Write(frame.AsSpan(14), sender, target, protocol, payload.Length);
        }

        payload.CopyTo(frame.AsSpan(14 + header));
        return frame;
    }

    private static byte[] FrameWithOptions(LabHost from, LabHost to, string destination, byte option)
    {
        var payload = new byte[16];
        Ipv6ExtensionWriter.WriteOptions(payload, LabHost.Experiment, [option, 2, 1, 2]);
        return FrameTo(from, to, destination, IpProtocol.DestinationOptions, payload);
    }

    private (LabHost Us, LabHost Them) Pair()
    {
        var net = _network.AddSwitch();
        var (us, them) = (_network.AddHost(), _network.AddHost());
        us.Join(net, addresses: "198.18.0.1/24 2001:db8::1/64");
        them.Join(net, addresses: "198.18.0.2/24 2001:db8::2/64");
        _network.Run(5);
        _network.Seen.Clear();
        return (us, them);
    }
}
