using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Portolan.Cli.Forwarding;
using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Kernel;
using Portolan.Forwarding.Model;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Forwarding;

/// <summary>Ports that the kernel forwards, with real hosts on both sides.</summary>
public sealed class KernelForwardTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ForwardLab _lab = ForwardLab.Create();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void While_connections_go_on_at_the_end_others_are_answered_and_may_end_it_at_once()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var engine = new KernelEngine(
            [.. ForwardWords.ReadPair("8080", "198.18.0.2:80", new ForwardOptions())],
            new ForwardNews(wantsConnections: false, TimeProvider.System), TimeProvider.System);
        _lab.Gateway.Run(() =>
        {
            engine.Open();
            engine.Start();
        });
        using var client = _lab.Client.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
            socket.Connect(IPEndPoint.Parse("192.0.2.1:8080"));
            return socket;
        });
        Assert.NotEqual(0, client.Receive(new byte[64]));
        using var isDraining = new ManualResetEventSlim();
        var reset = 0;
        var first = new Thread(
            () => reset = _lab.Gateway.Run(() => engine.Stop(TimeSpan.FromMinutes(10), _ => isDraining.Set())))
        { IsBackground = true };
        first.Start();
        Assert.True(isDraining.Wait(Patience, TestContext.Current.CancellationToken), "it does not wait for the connection");
        var (totals, second) = (0, -1);
        var others = new Thread(() =>
        {
            totals = engine.TargetTotals(0).Count;
            second = _lab.Gateway.Run(() => engine.Stop(TimeSpan.Zero));
        })
        { IsBackground = true };
        others.Start();
        Assert.True(others.Join(Patience), "nobody is answered until the connection has ended");
        Assert.True(first.Join(Patience), "it was not ended");
        Assert.Equal((1, 0, 1), (totals, second, reset));
    }

    [Fact]
    public void Others_and_this_hosts_own_clients_reach_the_target_over_both_families()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target4");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target6");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80", "[2001:db8:2::2]:80"));
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("target6 saw 2001:db8:2::1", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8080"));
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "192.0.2.1:8080"));
        Assert.Equal("target6 saw 2001:db8:2::1", ForwardLab.Ask(_lab.Gateway, "[2001:db8:1::1]:8080"));

        // There is no way from ::1 to another host: a refusal, so that clients try the other family at once.
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Gateway, "[::1]:8080"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8081"));
        Assert.Equal(5ul, session.Rules.ReadCounts()[0].Connections);
    }

    [Fact]
    public void All_addresses_of_one_family_are_led_on_without_the_other()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target4");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target6");
        string[] targets = ["198.18.0.2:80", "[2001:db8:2::2]:80"];
        var (any4, any6) = (InternetAddress.AnyIPv4, InternetAddress.AnyIPv6);
        using var session = _lab.Open(
            ForwardLab.Forward(8080, targets) with { Address = any4 },
            ForwardLab.Forward(8081, targets) with { Address = any6 },
            ForwardLab.Forward(8082, targets) with { Address = any4 },
            ForwardLab.Forward(8082, targets) with { Address = any6 });
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8080"));
        Assert.Equal("target6 saw 2001:db8:2::1", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8081"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8081"));
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8082"));
        Assert.Equal("target6 saw 2001:db8:2::1", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8082"));
        Assert.Equal([2, 1, 1, 1], session.Rules.ReadCounts().Select(c => (int)c.Connections));
        Assert.All(session.Rules.ReadCounts(), c => Assert.True(c is { PacketsUp: > 0, PacketsDown: > 0 }, c.ToString()));
    }

    [Fact]
    public void Of_connections_that_begin_at_once_those_above_the_rate_come_later_and_none_is_lost()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80") with { NewPerSecond = 1 });
        var sockets = Enumerable.Range(0, 3)
            .Select(
                _ => _lab.Client.Run(
                    static () =>
                        new Socket(
                            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                        { Blocking = false, ReceiveTimeout = 60_000 }))
                            .ToList();
        foreach (var socket in sockets)
        {
            // Non-blocking: all three ask within one second.
            Assert.Equal(
                SocketError.WouldBlock,
                Assert.Throws<SocketException>(() => socket.Connect(IPEndPoint.Parse("192.0.2.1:8080"))).SocketErrorCode);
        }

        foreach (var socket in sockets)
        {
            socket.Blocking = true;
            Assert.True(socket.Poll(TimeSpan.FromSeconds(60), SelectMode.SelectWrite), "it was never forwarded");
            var buffer = new byte[64];
            Assert.Equal("target saw 198.18.0.1", Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer)));
            socket.Dispose();
        }

        Assert.Equal(3ul, session.Rules.ReadCounts()[0].Connections);
        Assert.Matches(@"limit rate over 1/second burst 1 packets counter packets [1-9]", _lab.Rules());
    }

    [Fact]
    public void A_service_on_loopback_is_reached_from_outside()
    {
        _lab.Serve(_lab.Gateway, "127.0.0.1:80", "own");
        using var session = _lab.Open(ForwardLab.Forward(8080, "127.0.0.1:80"));
        Assert.Equal("own saw 192.0.2.2", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("own saw 127.0.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
        Assert.Equal("0", _lab.Setting("net/ipv4/conf/front0/forwarding"));
    }

    [Fact]
    public void One_address_alone_is_led_on_and_only_those_who_may_come_are()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        _lab.Client.Address("eth0", "192.0.2.77/24");
        var one = ForwardLab.Forward(8080, "198.18.0.2:80") with
        {
            Address = Address("192.0.2.1"),
            Sources = [Prefix("192.0.2.64/26"), Prefix("2001:db8:9::/48")],
        };
        var own = ForwardLab.Forward(8080, "198.18.0.2:80") with { Address = Address("127.0.0.1") };
        using var session = _lab.Open(one, own);
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080", local: "192.0.2.77:0"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Gateway, "192.0.2.1:8080"));
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
        Assert.Equal([1, 1], session.Rules.ReadCounts().Select(c => (int)c.Connections));
        Assert.All(
            session.Rules.ReadCounts(),
            c => Assert.True(c is { PacketsUp: > 0, PacketsDown: > 0, BytesUp: > 0, BytesDown: > 0 }, c.ToString()));
    }

    [Fact]
    public void A_whole_family_may_be_allowed()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target4");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target6");
        string[] targets = ["198.18.0.2:80", "[2001:db8:2::2]:80"];
        using var session = _lab.Open(
            ForwardLab.Forward(8080, targets) with { Sources = [Prefix("0.0.0.0/0")] },
            ForwardLab.Forward(8081, targets) with { Sources = [Prefix("::/0")] });
        Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8080"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8081"));
        Assert.Equal("target6 saw 2001:db8:2::1", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8081"));
    }

    [Fact]
    public void Connections_go_to_one_target_after_the_other_and_to_none_that_was_taken_away()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "a");
        _lab.Serve(_lab.Target, "198.18.0.3:81", "b");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80", "198.18.0.3:81"));
        var answers = Enumerable.Range(0, 6).Select(_ => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080")[..1]).ToList();
        Assert.Equal([3, 3], answers.CountBy(a => a).OrderBy(c => c.Key).Select(c => c.Value));
        Assert.NotEqual(answers[0], answers[1]);
        session.Rules.SetTargets(0, [new KernelTarget(Address("198.18.0.3"), new PortNumber(81))]);
        Assert.Equal(
            ["b saw 198.18.0.1", "b saw 198.18.0.1"], Enumerable.Range(0, 2).Select(_ => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080")));
        session.Rules.SetTargets(0, []);
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal(8ul, session.Rules.ReadCounts()[0].Connections);
    }

    /// <summary>The kernel looks at the whole table in each transaction: one for each forward would take a minute.</summary>
    [Fact]
    public void Thousands_of_forwards_change_and_end_in_one_transaction_each()
    {
        const int Count = 5000;
        _lab.Serve(_lab.Target, "198.18.0.2:80", "a");
        _lab.Serve(_lab.Target, "198.18.0.3:81", "b");
        using var session = _lab.Open([.. Enumerable.Range(0, Count).Select(i => ForwardLab.Forward(10_000 + i, "198.18.0.2:80"))]);
        var before = session.Rules.Transactions;
        session.Rules.SetTargets(
            [.. Enumerable.Range(0, Count).Select(
                i => (i, (IReadOnlyList<KernelTarget>)[new KernelTarget(Address("198.18.0.3"), new PortNumber(81))]))]);
        Assert.Equal("b saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:10000"));
        Assert.Equal("b saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:14999"));
        session.Rules.RemoveAllTargets();
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:10000"));
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:14999"));
        Assert.Equal(before + 2, session.Rules.Transactions);
    }

    [Fact]
    public void The_client_stays_who_it_is_where_that_is_wanted()
    {
        _lab.Target.Ip("route add 192.0.2.0/24 via 198.18.0.1");
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80") with { KeepsSource = true });
        Assert.Equal("target saw 192.0.2.2", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("target saw 192.0.2.1", ForwardLab.Ask(_lab.Gateway, "192.0.2.1:8080"));

        // Nobody there can answer 127.0.0.1.
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
    }

    [Fact]
    public void Datagrams_are_led_on_and_their_replies_come_back()
    {
        _lab.Target.EchoUdp(53);
        using var session = _lab.Open(ForwardLab.Forward(5353, "198.18.0.2:53") with { Protocol = TransportProtocol.Udp });
        using var client = _lab.Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        client.Connect(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5353));
        client.Send("hello"u8);
        Assert.Equal(5, client.Receive(new byte[64]));
        Assert.Equal(new KernelForwardCounts(1, 1, 33, 1, 33), session.Rules.ReadCounts()[0]);
    }

    [Fact]
    public void Datagrams_that_are_not_led_on_are_refused_as_at_a_closed_port()
    {
        _lab.Target.EchoUdp(53);
        var all = ForwardLab.Forward(5353, "198.18.0.2:53") with
        {
            Protocol = TransportProtocol.Udp,
            Sources = [Prefix("198.18.0.0/24"), Prefix("127.0.0.0/8")],
        };
        var one = ForwardLab.Forward(5354, "198.18.0.2:53") with { Protocol = TransportProtocol.Udp, Address = Address("192.0.2.1") };
        using var session = _lab.Open(all, one);
        using var holder = _lab.Gateway.Run(() => Hold(5353));
        using var other = _lab.Gateway.Run(() => Hold(5354));
        Assert.Equal("ConnectionRefused", Datagram(_lab.Client, "192.0.2.1:5353"));
        Assert.Equal("ConnectionRefused", Datagram(_lab.Client, "[2001:db8:1::1]:5353"));
        Assert.Equal("ConnectionRefused", Datagram(_lab.Gateway, "[::1]:5353"));
        Assert.Equal("hello", Datagram(_lab.Gateway, "127.0.0.1:5353"));
        Assert.Equal("hello", Datagram(_lab.Client, "192.0.2.1:5354"));
        Assert.Equal("TimedOut", Datagram(_lab.Gateway, "127.0.0.1:5354", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_host_that_was_no_router_is_none_for_others()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target");
        _lab.Serve(_lab.Gateway, "127.0.0.1:81", "inside");
        _lab.Client.Ip("route add 198.18.0.0/24 via 192.0.2.1");
        _lab.Client.Ip("route add 127.9.0.0/16 via 192.0.2.1 table 100");
        _lab.Client.Ip("-6 route add 2001:db8:2::/64 via 2001:db8:1::1");
        _lab.Target.Ip("route add 192.0.2.0/24 via 198.18.0.1");
        _lab.Target.Ip("-6 route add 2001:db8:1::/64 via 2001:db8:2::1");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80", "[2001:db8:2::2]:80"));
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "198.18.0.2:80"));
        Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "[2001:db8:2::2]:80"));
        Assert.Equal("0", _lab.Setting("net/ipv4/ip_forward"));
        Assert.Equal("0", _lab.Setting("net/ipv6/conf/all/forwarding"));
    }

    [Fact]
    public void What_connection_tracking_takes_for_invalid_is_dropped_with_the_rest_of_the_strangers()
    {
        const int Kinds = 4;
        _lab.Client.Ip("route add 198.18.0.0/24 via 192.0.2.1");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80"));
        using var client = _lab.Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        using var target =
            _lab.Target.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp) { ReceiveTimeout = 300 });
        target.Bind(new IPEndPoint(IPAddress.Parse("198.18.0.2"), 0));

        // A reply that nobody asked for, an error about nothing, a type that nobody knows, a wrong checksum: type, code and checksum.
        byte[][] packets = [
            [0, 0, 0xff, 0xff, 0, 0, 0, 0], [3, 1, 0xfc, 0xfe, 0, 0, 0, 0], [42, 0, 0xd5, 0xff, 0, 0, 0, 0], [8, 0, 1, 2, 0, 0, 0, 0]];
        Assert.Equal(Kinds, packets.Length);
        foreach (var packet in packets)
        {
            client.SendTo(packet, new IPEndPoint(IPAddress.Parse("198.18.0.2"), 0));
        }

        Assert.Throws<SocketException>(() => target.Receive(new byte[256]));
        Assert.Matches($@"iif @opened4 meta pkttype host counter packets {Kinds} ", _lab.Rules());
    }

    [Fact]
    public void Addresses_of_loopback_stay_inside_while_they_are_routed()
    {
        _lab.Serve(_lab.Gateway, "127.0.0.1:81", "inside");
        using var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80"));
        Assert.Equal("1", _lab.Setting("net/ipv4/conf/all/route_localnet"));

        // A neighbour who sends to 127.0.0.1 by this host's Ethernet address.
        _lab.Client.Setting("net/ipv4/conf/all/route_localnet", "1");
        _lab.Client.Ip("rule add pref 1 to 127.0.0.1 lookup 100");
        _lab.Client.Ip("rule del pref 0");
        _lab.Client.Ip("route add 127.0.0.1 via 192.0.2.1 dev eth0 table 100 onlink");
        Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "127.0.0.1:81", local: "192.0.2.2:0"));
        Assert.Matches(@"ip daddr 127\.0\.0\.0/8 counter packets [1-9]", _lab.Rules());
    }

    [Fact]
    public void The_text_of_the_table_is_what_nft_shows_and_nft_loads_it()
    {
        KernelForward[] forwards =
        [
            ForwardLab.Forward(8080, "198.18.0.2:80", "198.18.0.3:81", "[2001:db8:2::2]:80", "[2001:db8:2::3]:81"),
            ForwardLab.Forward(53, "198.18.0.2:53") with
            {
                Protocol = TransportProtocol.Udp,
                Address = Address("192.0.2.1"),
                Sources = [Prefix("192.0.2.0/25"), Prefix("192.0.2.128/31")],
            },
            ForwardLab.Forward(54, "198.18.0.2:53") with
            {
                Protocol = TransportProtocol.Udp,
                Address = InternetAddress.AnyIPv4,
                KeepsSource = true,
            },
        ];
        using var session = _lab.Open(forwards);
        var text = ForwardPlanning.Text(forwards, []);
        var shown = _lab.Gateway.Tool("nft", null, "-s", "list", "table", "inet", "portolan_forward");
        Assert.Equal(Comparable(Regex.Replace(shown, " # progname .*\n\tflags owner\n", "\n")), Comparable(text));
        using var other = new LabHost();
        other.Nft(text);
    }

    private static Socket Hold(int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        return socket;
    }

    private static string Datagram(LabHost from, string to, TimeSpan? patience = null)
    {
        var end = IPEndPoint.Parse(to);
        using var socket = from.Run(() => new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = (int)(patience ?? Patience).TotalMilliseconds;
        socket.Connect(end);
        socket.Send("hello"u8);
        var buffer = new byte[64];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
    }

    // nft leaves the kind of refusal out where it is the usual one. The kernel lists elements in the order of its hash, and nft leaves
    // lines empty.
    private static string Comparable(string text) => Regex.Replace(
        text.Replace("\n\n", "\n", StringComparison.Ordinal).Replace(" with icmpx type port-unreachable", "", StringComparison.Ordinal),
        @"elements = \{ ([^}]*) \}",
        match => string.Join(", ", match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)));

    private static InternetAddress Address(string text) => InternetAddress.From(IPAddress.Parse(text));

    private static AddressPrefix Prefix(string text) =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new ArgumentException(text);
}
