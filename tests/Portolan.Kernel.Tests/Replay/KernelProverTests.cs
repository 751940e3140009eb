using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Replay.Proving;
using Portolan.Firewall.Rules;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Replay;

/// <summary>What the kernel says of one packet in a namespace where the host was rebuilt.</summary>
public sealed class KernelProverTests
{
    private const string Listening =
        "table inet f { chain i { type filter hook input priority 0; policy drop;\n ct state established accept\n";

    [Theory]
    [InlineData("198.18.0.1", "198.18.0.2")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void A_packet_that_a_rule_accepts_is_delivered_and_answered(string source, string destination)
    {
        var proof = Prove(
            Listening + "tcp dport 80 counter accept comment \"web\"\n }\n }\n", Packet(source, destination, 80), Tcp(destination, 80));

        Assert.Equal((PacketFate.Delivered, PacketReply.Accepted), (proof.Fate, proof.Reply));
        Assert.Equal("web", proof.Decider!.Rule!.Comment);
        Assert.Equal((ushort)80, proof.FinalPort);
        Assert.NotEmpty(proof.Steps);
    }

    [Fact]
    public void A_port_where_nothing_listens_answers_with_a_reset()
    {
        var proof = Prove(Listening + "tcp dport 80 accept\n }\n }\n", Packet("198.18.0.1", "198.18.0.2", 80));

        Assert.Equal((PacketFate.Delivered, PacketReply.Reset), (proof.Fate, proof.Reply));
    }

    [Fact]
    public void What_no_rule_accepts_meets_the_policy()
    {
        var proof = Prove(Listening + "tcp dport 80 accept\n }\n }\n", Packet("198.18.0.1", "198.18.0.2", 81), Tcp("198.18.0.2", 81));

        Assert.Equal((PacketFate.Dropped, PacketReply.None), (proof.Fate, proof.Reply));
        Assert.Equal(("i", null), (proof.Decider!.Chain.Name, proof.Decider.Rule));
    }

    [Fact]
    public void A_rule_that_drops_is_named_by_its_handle_in_the_rules_that_were_given()
    {
        var proof = Prove(
            "table ip x { chain c { counter drop\n }\n chain p { type filter hook prerouting priority 0;\n udp dport 53 jump c\n }\n }\n",
            Packet("198.18.0.1", "198.18.0.2", 53) with { Protocol = 17 });

        Assert.Equal(PacketFate.Dropped, proof.Fate);
        Assert.Equal("c", proof.Decider!.Chain.Name);
        Assert.Same(proof.Decider.Chain.Rules[0], proof.Decider.Rule);
        Assert.Equal(["p", "c"], proof.Steps.Select(static step => step.Event.ChainName));
    }

    [Theory]
    [InlineData("reject with tcp reset", PacketReply.Reset)]
    [InlineData("reject", PacketReply.PortUnreachable)]
    [InlineData("reject with icmp admin-prohibited", PacketReply.OtherError)]
    public void A_rejection_is_told_from_a_drop(string statement, PacketReply reply)
    {
        var proof = Prove(
            $"table ip x {{ chain i {{ type filter hook input priority 0;\n ip protocol tcp {statement}\n }}\n }}\n",
            Packet("198.18.0.1", "198.18.0.2", 22));

        Assert.Equal((PacketFate.Rejected, reply), (proof.Fate, proof.Reply));
    }

    [Fact]
    public void A_translated_packet_is_forwarded_by_the_interface_behind_which_its_new_receiver_is()
    {
        using var pair = LabPair.Create();
        using var container = new LabHost();
        LabHost.Connect(container, "eth0", pair.Target, "docker0");
        pair.Target.Address("docker0", "203.0.113.1/24");
        pair.Target.Setting("net/ipv4/ip_forward", "1");
        pair.Target.Nft("table ip n { chain p { type nat hook prerouting priority -100;\n tcp dport 8080 dnat to 203.0.113.7:80\n }\n }\n");

        var proof = Prove(pair.Target, Packet("198.18.0.1", "198.18.0.2", 8080));

        Assert.Equal(PacketFate.Forwarded, proof.Fate);
        Assert.Equal("203.0.113.7", proof.FinalDestination.ToString());
        Assert.Equal((ushort)80, proof.FinalPort);
        Assert.NotEqual(proof.Packet.InterfaceIndex, proof.OutputInterface);
        Assert.Equal("p", proof.Decider!.Chain.Name);
    }

    [Fact]
    public void A_sender_that_the_reverse_path_filter_refuses_vanishes_and_the_counter_tells_why()
    {
        using var pair = LabPair.Create();
        pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "1");
        pair.Target.Nft(Listening + "tcp dport 80 accept\n }\n }\n");

        var proof = Prove(pair.Target, Packet("192.0.2.9", "198.18.0.2", 80));

        Assert.Equal((PacketFate.Vanished, "IPReversePathFilter"), (proof.Fate, proof.RoutingCounter));
    }

    [Fact]
    public void A_blackhole_makes_it_vanish()
    {
        using var pair = LabPair.Create();
        pair.Target.Setting("net/ipv4/ip_forward", "1");
        pair.Target.Ip("route add blackhole 203.0.113.0/24");

        Assert.Equal(PacketFate.Vanished, Prove(pair.Target, Packet("198.18.0.1", "203.0.113.5", 80)).Fate);
    }

    [Fact]
    public void Pings_are_proved_too()
    {
        var rules =
            "table inet f { chain i { type filter hook input priority 0; policy drop;\n icmp type echo-request accept\n icmpv6 type "
                + "echo-request accept\n }\n }\n";

        var four = Prove(rules, Packet("198.18.0.1", "198.18.0.2", 0) with { Protocol = 1, IcmpType = 8 });
        var six = Prove(rules, Packet("2001:db8::1", "2001:db8::2", 0) with { Protocol = 58, IcmpType = 128 });

        Assert.Equal((PacketFate.Delivered, PacketReply.Echo), (four.Fate, four.Reply));
        Assert.Equal((PacketFate.Delivered, PacketReply.Echo), (six.Fate, six.Reply));
    }

    [Fact]
    public void Rules_of_the_device_see_it_first()
    {
        var proof = Prove(
            "table netdev d { chain in { type filter hook ingress device \"eth0\" priority 0;\n tcp dport 80 drop\n }\n }\n",
            Packet("198.18.0.1", "198.18.0.2", 80));

        Assert.Equal((PacketFate.Dropped, "in"), (proof.Fate, proof.Decider?.Chain.Name));
    }

    [Theory]
    [InlineData((byte)6)]
    [InlineData((byte)17)]
    public void What_goes_out_from_here_is_seen_on_the_wire_or_dropped(byte protocol)
    {
        var packet = Packet("198.18.0.2", "192.0.2.5", 443) with { Direction = FlowDirection.Outbound, Protocol = protocol };
        using var pair = LabPair.Create();
        pair.Target.Ip("route add default via 198.18.0.1");
        var sent = Prove(pair.Target, packet);
        pair.Target.Nft("table inet o { chain o { type filter hook output priority 0;\n th dport 443 drop\n }\n }\n");
        var dropped = Prove(pair.Target, packet);

        Assert.Equal(PacketFate.Sent, sent.Fate);
        Assert.NotEqual(0, sent.OutputInterface);
        Assert.Equal((PacketFate.Dropped, "o"), (dropped.Fate, dropped.Decider?.Chain.Name));
    }

    [Fact]
    public void What_has_no_way_out_vanishes()
    {
        var proof = Prove(
            "table ip x { chain o { type filter hook output priority 0; }\n }\n",
            Packet("198.18.0.2", "192.0.2.5", 443) with { Direction = FlowDirection.Outbound });

        Assert.Equal(PacketFate.Vanished, proof.Fate);
    }

    [Fact]
    public void Loopback_is_proved_too()
    {
        var packet = Packet("127.0.0.1", "127.0.0.1", 5432) with { Direction = FlowDirection.Loopback };

        var delivered = Prove(
            "table inet f { chain i { type filter hook input priority 0; policy drop;\n iif lo accept\n }\n }\n", packet,
            Tcp("127.0.0.1", 5432));
        var dropped =
            Prove("table inet f { chain i { type filter hook input priority 0; policy drop; }\n }\n", packet, Tcp("127.0.0.1", 5432));

        Assert.Equal(PacketFate.Delivered, delivered.Fate);
        Assert.Equal(PacketFate.Dropped, dropped.Fate);
    }

    [Fact]
    public void A_host_that_cannot_be_rebuilt_proves_nothing()
    {
        using var pair = LabPair.Create();
        pair.Target.Ip("rule add uidrange 1000-1001 lookup 100 priority 50");

        var proof = Prove(pair.Target, Packet("198.18.0.1", "198.18.0.2", 80));

        Assert.False(proof.IsDone);
        Assert.Contains(proof.Obstacles, static text => text.Contains("policy rule 50: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_the_right_to_make_namespaces_the_remedy_is_told()
    {
        var facts = Lab(static pair => Facts(pair.Target));
        var packet =
            Packet("198.18.0.1", "198.18.0.2", 80) with { InterfaceIndex = facts.Interfaces.Single(static i => i.Name == "eth0").Index };
        var proof = new KernelProver(ReplayProgram.Built with { Path = "/nowhere/portolan" }).Prove(
            Ruleset.Empty, facts, packet, [], CancellationToken.None);

        Assert.Contains("/nowhere/portolan", Assert.Single(proof.Obstacles), StringComparison.Ordinal);
    }

    private static ProofPacket Packet(string source, string destination, ushort port) => new()
    {
        Direction = FlowDirection.Inbound,
        Protocol = 6,
        Source = Address(source),
        Destination = Address(destination),
        DestinationPort = port,
    };

    private static ProofListener Tcp(string address, ushort port) => new(true, Address(address), port);

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static KernelProof Prove(string rules, ProofPacket packet, params ProofListener[] listeners) => Lab(pair =>
    {
        pair.Target.Nft(rules);
        return Prove(pair.Target, packet, listeners);
    });

    private static T Lab<T>(Func<LabPair, T> body)
    {
        using var pair = LabPair.Create();
        return body(pair);
    }

    private static HostFacts Facts(LabHost host) => host.Run(() =>
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(channel, "/proc", CancellationToken.None);
    });

    private static KernelProof Prove(LabHost host, ProofPacket packet, params ProofListener[] listeners)
    {
        var facts = Facts(host);
        var rules = host.Run(() => KernelRules.Read(CancellationToken.None).Require());
        packet = packet with { InterfaceIndex = facts.Interfaces.Single(static link => link.Name == "eth0").Index };
        var proof = new KernelProver(ReplayProgram.Built).Prove(rules, facts, packet, listeners, TestContext.Current.CancellationToken);
        Assert.SkipWhen(
            proof.Obstacles.Any(static text => text.StartsWith("make namespaces", StringComparison.Ordinal)),
            string.Join("; ", proof.Obstacles));
        return proof;
    }
}
