using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Reachability;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Changing;

/// <summary>What Portolan's own rules do to real packets.</summary>
public sealed class OwnRulesPacketTests
{
    [Fact]
    public void Blocked_is_silent_rejected_is_refused_and_the_rest_goes_on()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001, 8002, 8003);
        lab.Server.EchoUdp(8001);
        lab.Server.EchoUdp(8003);
        lab.Settle("block 8001", "reject 8002");
        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        Assert.Equal(Meeting.Silence, lab.Connect(8001, ChangeLab.Server6));
        Assert.Equal(Meeting.Refused, lab.Reach(8002));
        Assert.Equal(Meeting.Refused, lab.Reach(8002, ChangeLab.Server6));
        Assert.Equal(Meeting.Made, lab.Reach(8003));
        Assert.Equal(Meeting.Made, lab.Reach(8003, ChangeLab.Server6));
        Assert.False(lab.Echoes(8001));
        Assert.True(lab.Echoes(8003, Bounded.Limit));
        Assert.All(lab.State().Rules, r => Assert.Contains(r.Counts, c => c.Packets > 0));
    }

    [Fact]
    public void A_narrower_rule_decides_whatever_its_age_and_families_are_kept_apart()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001, 8002);
        lab.Settle("allow 8001/tcp --from 198.18.0.0/30");
        lab.Settle("block 8001/tcp", "block 8002/tcp --from 2001:db8::/64 --iface eth0");
        Assert.Equal(Meeting.Made, lab.Reach(8001));
        Assert.Equal(Meeting.Silence, lab.Connect(8001, ChangeLab.Server6));
        Assert.Equal(Meeting.Made, lab.Reach(8002));
        Assert.Equal(Meeting.Silence, lab.Connect(8002, ChangeLab.Server6));
    }

    [Fact]
    public void A_published_port_is_blocked_by_the_number_that_the_sender_writes_and_transit_is_left_alone()
    {
        using var lab = new ChangeLab();
        using var behind = new LabHost();
        LabHost.Connect(lab.Server, "inner0", behind, "eth0");
        lab.Server.Address("inner0", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        lab.Client.Ip("route add 198.18.9.0/24 via 198.18.0.2");
        lab.Server.Setting("net/ipv4/ip_forward", "1");
        lab.Server.Nft("table ip docker { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 5432 fib daddr type local "
            + "dnat to 198.18.9.2:15432\n}\n}\n");
        behind.ListenTcp(15432, 5432);
        Assert.Equal(Meeting.Made, lab.Reach(5432));
        lab.Settle("block 5432/tcp");
        Assert.Equal(Meeting.Silence, lab.Connect(5432));
        Assert.Equal(Meeting.Made, lab.Reach(5432, "198.18.9.2"));
        lab.Settle("close-unused");
        Assert.Equal(Meeting.Made, lab.Reach(15432, "198.18.9.2"));
    }

    [Fact]
    public void Connections_that_exist_and_loopback_survive_a_block()
    {
        using var lab = new ChangeLab();
        lab.Server.EchoUdp(8001);
        using var listener = lab.Server.Run(() => Machine.Listen("0.0.0.0:8001"));
        using var client = lab.Client.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse(ChangeLab.Server4), 8001);
            return socket;
        });
        using var accepted = listener.Accept();
        lab.Settle("block 8001", "close-unused");
        accepted.Send("still here"u8);
        Assert.Equal(10, client.Receive(new byte[32]));
        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        lab.Server.Run(() =>
        {
            using var own = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            own.Connect(IPAddress.Loopback, 8001);
            using var toOwnAddress = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            toOwnAddress.Connect(IPAddress.Parse(ChangeLab.Server4), 8001);
        });
    }

    [Fact]
    public void The_default_drop_keeps_what_the_network_needs()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001, 8002);
        lab.Client.ListenTcp(9000);
        using var dhcp = lab.Server.BindUdp(68);
        using var dhcp6 = lab.Server.BindUdp(546);
        using var other = lab.Server.BindUdp(69);
        lab.Settle("allow 8001/tcp", "close-unused");
        Assert.Equal(Meeting.Silence, lab.Connect(8002));

        // Neighbour discovery both ways: nobody knows the other's link-layer address any more.
        lab.Server.Ip("-6 neighbour flush dev eth0");
        lab.Client.Ip("-6 neighbour flush dev scan0");
        Assert.Equal(Meeting.Made, lab.Reach(8001, ChangeLab.Server6));

        // Outgoing connections and what answers them.
        lab.Server.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse("2001:db8::1"), 9000);
        });
        Assert.True(Arrives(lab, dhcp, IPAddress.Parse(ChangeLab.Server4), 68));
        var linkLocal = lab.Server.Tool("ip", null, "-6", "-o", "address", "show", "dev", "eth0", "scope", "link").Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)[3].Split('/')[0];
        var index = long.Parse(
            lab.Client.Tool("ip", null, "-o", "link", "show", "scan0").Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Arrives(lab, dhcp6, new IPAddress(IPAddress.Parse(linkLocal).GetAddressBytes(), index), 546));
        Assert.False(Arrives(lab, other, IPAddress.Parse(ChangeLab.Server4), 69));
    }

    [Theory]
    [InlineData(ChangeLab.Server4, "198.18.7.1")]
    [InlineData(ChangeLab.Server6, "2001:db8:7::1")]
    public void The_default_drop_keeps_what_says_that_a_packet_is_too_big(string server, string client)
    {
        using var lab = new ChangeLab();
        using var far = new LabHost();

        // The client of the others is a router here: behind it the cable takes less, which the far end does not know.
        LabHost.Connect(lab.Client, "thin0", far, "eth0");
        lab.Client.Address("thin0", "198.18.7.2/24");
        lab.Client.Address("thin0", "2001:db8:7::2/64");
        lab.Client.Ip("link set thin0 mtu 1300");
        far.Address("eth0", "198.18.7.1/24");
        far.Address("eth0", "2001:db8:7::1/64");
        far.Ip("route add default via 198.18.7.2");
        far.Ip("-6 route add default via 2001:db8:7::2");
        lab.Client.Setting("net/ipv4/ip_forward", "1");
        lab.Client.Setting("net/ipv6/conf/all/forwarding", "1");
        lab.Server.Ip("route add 198.18.7.0/24 via 198.18.0.1");
        lab.Server.Ip("-6 route add 2001:db8:7::/64 via 2001:db8::1");
        lab.Settle("allow 8001/tcp", "close-unused");
        using var listener = lab.Server.Run(
            () => Machine.Listen(IPAddress.Parse(server).AddressFamily == AddressFamily.InterNetwork ? "0.0.0.0:8001" : "[::]:8001"));
        using var receiver = far.Run(() =>
        {
            var socket = new Socket(IPAddress.Parse(server).AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 };
            socket.Connect(IPAddress.Parse(server), 8001);
            return socket;
        });
        using var sender = listener.Accept();
        Assert.Contains(client, sender.RemoteEndPoint!.ToString()!, StringComparison.Ordinal);
        sender.SendBufferSize = 200_000;
        sender.Send(new byte[100_000]);
        var buffer = new byte[100_000];
        for (var received = 0; received < buffer.Length;)
        {
            received += receiver.Receive(buffer);
        }

        // Without it the sender would still think that 1500 bytes pass.
        Assert.Contains("mtu 1300", lab.Server.Tool("ip", null, "route", "get", client), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_lets_some_in_and_drops_the_rest()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Settle("allow 8001/tcp --rate 1/hour");
        var meetings = Enumerable.Range(0, 8).Select(i => i == 0 ? lab.Reach(8001) : lab.Connect(8001)).ToList();
        Assert.Equal(Meeting.Made, meetings[0]);
        Assert.Equal(Meeting.Silence, meetings[^1]);
    }

    [Fact]
    public void A_rate_is_each_senders_own_and_whoever_made_the_rule_is_not_counted()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        string[] senders = ["198.18.0.11", "198.18.0.12", "198.18.0.13"];
        foreach (var sender in senders)
        {
            lab.Client.Address("scan0", $"{sender}/24");
        }

        lab.Settle("allow 8001/tcp --rate 1/hour/sender --uncounted 198.18.0.13");
        Assert.InRange(
            Enumerable.Range(0, 10).Count(_ => Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, senders[0], 400) == "connects"), 1, 9);
        Assert.Equal("times-out", Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, senders[0], 400));
        Assert.Equal("connects", Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, senders[1]));
        Assert.All(
            Enumerable.Range(0, 12), _ => Assert.Equal("connects", Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, senders[2])));
        Assert.Equal("connects", Attempt.Connect(lab.Client, ChangeLab.Server6, 8001));
    }

    [Fact]
    public void With_its_set_full_a_rate_still_counts_and_who_made_the_rule_gets_in()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Client.Address("scan0", "198.18.0.11/24");
        lab.Client.Address("scan0", "198.18.0.12/24");
        lab.Settle("allow 8001/tcp --rate 1/hour/sender --uncounted 198.18.0.12");
        const int Batch = 5000;
        for (var at = 0; at < (int)Portolan.Firewall.Changing.Table.OwnTableBuilder.SendersCounted; at += Batch)
        {
            var count = Math.Min(Batch, (int)Portolan.Firewall.Changing.Table.OwnTableBuilder.SendersCounted - at);
            lab.Server.Nft($"add element inet portolan rule-1-senders4 {{ "
                + $"{string.Join(", ", Enumerable.Range(at, count).Select(static n => $"10.0.{n >> 8}.{n & 255} timeout 1h"))} }}");
        }

        var tries = Enumerable.Range(0, 9).Select(_ => Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, "198.18.0.11", 400)).ToList();
        Assert.Equal(("connects", "times-out"), (tries[0], tries[^1]));
        Assert.All(
            Enumerable.Range(0, 9), _ => Assert.Equal("connects", Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, "198.18.0.12")));
    }

    [Fact]
    public void A_rate_that_was_saved_before_is_all_senders_together()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Client.Address("scan0", "198.18.0.11/24");
        lab.Settle("allow 8001/tcp --rate 1/hour");
        Assert.Contains(
            Enumerable.Range(0, 9), _ => Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, "198.18.0.11", 400) == "times-out");
        Assert.Equal("times-out", Attempt.Connect(lab.Client, ChangeLab.Server4, 8001, null, 400));
    }

    private static bool Arrives(ChangeLab lab, Socket receiver, IPAddress to, int port)
    {
        receiver.ReceiveTimeout = 700;
        lab.Client.Run(() =>
        {
            using var sender = new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            sender.SendTo("x"u8.ToArray(), new IPEndPoint(to, port));
        });
        try
        {
            return receiver.Receive(new byte[8]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
