using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Services.Dhcp;
using Portolan.Tests.Lab.Topology;

namespace Portolan.Tests.Lab.Running;

/// <summary>Hosts of a lab that have no address of their own, and the server that gives them one.</summary>
public sealed class DhcpTests
{
    private const string Text =
        """
        networks: { home: 198.18.0.0/24, far: 198.18.1.0/24 }
        routers: { router: { networks: { home: 198.18.0.1, far: 198.18.1.1 } } }
        hosts:
          box: { address: 198.18.0.2, ports: { dhcp/udp: { service: dhcp, SETTINGS lease: 600 }, echo: echo } }
          first: { address: dhcp, network: home, ports: [echo] }
          second: { address: dhcp, network: home }
          server: { address: 198.18.1.10, ports: [echo, dns/udp] }
        """;

    [Fact]
    public async Task Hosts_get_different_addresses_of_the_pool_and_both_directions_work()
    {
        await using var lab = Create("pool: 198.18.0.100-198.18.0.101,");
        lab.Run(TimeSpan.FromSeconds(15));
        var (first, second) = (lab.AddressLeaseOf("first")!, lab.AddressLeaseOf("second")!);
        Assert.Equal(
            ["198.18.0.100", "198.18.0.101"],
            new[] { first, second }.Select(static l => l.Address.ToString()).Order(StringComparer.Ordinal));
        Assert.All([first, second], static lease => Assert.Equal(
            ("198.18.0.2", "198.18.0.1", "198.18.1.10", 24),
            (lease.Server.ToString(), lease.Router?.ToString(), lease.NameServer?.ToString(), lease.PrefixLength)));
        var (seenBy, echoed) = ("", "");
        lab.Run(
            async () =>
            {
                // From the client to another network, and from there to the client.
                await using var there =
                    await lab.StackOf("second").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.10"), 7), null);
                seenBy = there.LocalEndPoint.Address.ToString();
                await using var back = await lab.StackOf("server").ConnectTcpAsync(new IPEndPoint(first.Address.ToIPAddress(), 7), null);
                await back.WriteAsync("hello"u8.ToArray());
                var room = new byte[5];
                await back.ReadExactlyAsync(room);
                echoed = System.Text.Encoding.ASCII.GetString(room);
            },
            TimeSpan.FromMinutes(1));

        Assert.Equal((second.Address.ToString(), "hello"), (seenBy, echoed));
    }

    [Fact]
    public async Task A_pool_that_is_used_up_gives_nothing_and_says_nothing()
    {
        await using var lab = Create("pool: 198.18.0.100-198.18.0.100,");
        lab.Run(TimeSpan.FromMinutes(3));
        Assert.Single(new[] { "first", "second" }, name => lab.AddressLeaseOf(name) is not null);
    }

    [Fact]
    public async Task Without_a_pool_it_gives_what_nobody_has()
    {
        await using var lab = Create("");
        lab.Run(TimeSpan.FromSeconds(15));
        string[] given = [$"{lab.AddressLeaseOf("first")!.Address}", $"{lab.AddressLeaseOf("second")!.Address}"];

        // .1 is the router and .2 the server.
        Assert.Equal(["198.18.0.3", "198.18.0.4"], given.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_address_is_kept_by_asking_its_server_alone()
    {
        var toAll = 0;
        await using var lab =
            Create("", (in packet, bytes) => toAll += bytes[16..20].SequenceEqual((ReadOnlySpan<byte>)[255, 255, 255, 255]) ? 1 : 0);
        lab.Run(TimeSpan.FromSeconds(15));
        var (before, broadcasts) = (lab.AddressLeaseOf("first")!, toAll);
        lab.Run(TimeSpan.FromHours(2));
        var after = lab.AddressLeaseOf("first")!;
        Assert.Equal((before.Address, 8, 8), (after.Address, broadcasts, toAll));
        Assert.InRange((after.Ends - before.Ends).TotalHours, 1.8, 2.1);
    }

    [Fact]
    public async Task Offers_that_come_late_are_no_answer_to_the_request()
    {
        // Each answer takes its own time.
        const int Servers = 8;
        var servers = string.Join(
            '\n',
            Enumerable.Range(2, Servers).Select(
                static n =>
                    $"  box{n}: {{ address: 198.18.0.{n}, ports: {{ dhcp/udp: {{ service: dhcp, pool: 198.18.0.{n}0-198.18.0.{n}9 }} }} "
                        + $"}}"));
        var (offers, requests) = (0, 0);
        await using var lab = new VirtualNetwork(
            Topologies.Read($"networks: {{ home: {{ prefix: 198.18.0.0/24, latency: 200ms, jitter: 100ms }} }}\nhosts:\n  pc: {{ address: "
                + $"dhcp }}\n{servers}\n"),
            new VirtualNetworkOptions
            {
                IsVirtualTime = true,
                Observer = (in _, bytes) =>
                {
                    var kind = DhcpMessage.TryRead(bytes[28..], out var message) ? message.Kind : DhcpKind.None;
                    offers += kind == DhcpKind.Offer ? 1 : 0;
                    requests += kind == DhcpKind.Request ? 1 : 0;
                },
            });
        lab.Run(TimeSpan.FromSeconds(60));
        Assert.NotNull(lab.AddressLeaseOf("pc"));
        Assert.Equal((Servers, 1), (offers, requests));
    }

    [Fact]
    public async Task A_datagram_to_all_is_heard_by_those_who_listen_on_the_network_and_by_no_other()
    {
        await using var lab = Create("");
        lab.Run(TimeSpan.FromSeconds(15));
        var heard = new List<string>();
        lab.Run(
            async () =>
            {
                using var near = lab.StackOf("box").BindUdp(new IPEndPoint(IPAddress.Any, 5000));
                using var far = lab.StackOf("server").BindUdp(new IPEndPoint(IPAddress.Any, 5000));
                using var ends = new CancellationTokenSource(TimeSpan.FromSeconds(2), lab.Time);
                _ = HearAsync("box", near, ends.Token);
                _ = HearAsync("server", far, ends.Token);
                using var sender = lab.StackOf("first").BindUdp(new IPEndPoint(IPAddress.Any, 0));
                await sender.SendAsync(new byte[3], new IPEndPoint(IPAddress.Broadcast, 5000));

                // Echo answers nobody who asks all.
                await sender.SendAsync(new byte[3], new IPEndPoint(IPAddress.Broadcast, 7));
                await Task.Delay(TimeSpan.FromSeconds(1), lab.Time, TestContext.Current.CancellationToken);
            },
            TimeSpan.FromMinutes(1));
        Assert.Equal(["box"], heard);

        async Task HearAsync(string name, Portolan.Transport.UdpEndpoint endpoint, CancellationToken cancellation)
        {
            await endpoint.ReceiveAsync(new byte[10], cancellation);
            heard.Add(name);
        }
    }

    [Theory]
    [InlineData("198.18.0.100", 5)]
    [InlineData("198.18.0.101", 6)]
    public async Task A_client_that_starts_again_keeps_its_address_and_gets_no_other(string asked, int expected)
    {
        await using var server = new DhcpTestServer();
        server.Lend("198.18.0.100", 1);
        Assert.Equal((DhcpKind)expected, server.Ask(DhcpKind.Request, 1, asked: asked)?.Kind);

        // Of a client that it does not know it says nothing, for another server may (RFC 2131 section 4.3.2).
        Assert.Null(server.Ask(DhcpKind.Request, 2, asked: "198.18.0.102"));
        Assert.Equal(DhcpKind.Nak, server.Ask(DhcpKind.Request, 2, asked: "203.0.113.1")?.Kind);
    }

    [Fact]
    public async Task What_another_has_is_not_given_and_what_is_given_back_is()
    {
        await using var server = new DhcpTestServer();
        server.Lend("198.18.0.100", 1);
        Assert.Equal("198.18.0.101", server.Ask(DhcpKind.Discover, 2, asked: "198.18.0.100")?.Your.ToString());
        Assert.Equal(DhcpKind.Nak, server.Ask(DhcpKind.Request, 2, client: "198.18.0.100")?.Kind);
        Assert.Null(server.Ask(DhcpKind.Release, 1, client: "198.18.0.100", names: DhcpTestServer.Own));
        Assert.Equal("198.18.0.100", server.Ask(DhcpKind.Discover, 3, asked: "198.18.0.100")?.Your.ToString());
    }

    [Fact]
    public async Task Who_has_an_address_is_told_the_rest_at_that_address()
    {
        await using var server = new DhcpTestServer();
        var answer = server.Ask(DhcpKind.Inform, 1, client: "198.18.0.77")!;
        Assert.Equal((DhcpKind.Ack, true, null), (answer.Kind, answer.Your.IsUnspecified, answer.SecondsOf(DhcpOption.LeaseTime)));
        Assert.Equal("255.255.255.0", answer.AddressOf(DhcpOption.SubnetMask)?.ToString());
        Assert.Equal("198.18.0.77:68", server.Destination.ToString());
    }

    [Fact]
    public async Task An_address_that_somebody_else_uses_is_left_alone_and_another_servers_offer_is_let_go()
    {
        await using var server = new DhcpTestServer();
        server.Lend("198.18.0.100", 1);
        server.Ask(DhcpKind.Decline, 1, asked: "198.18.0.100", names: DhcpTestServer.Own);
        Assert.NotEqual("198.18.0.100", server.Ask(DhcpKind.Discover, 1, asked: "198.18.0.100")?.Your.ToString());
        Assert.Equal("198.18.0.103", server.Ask(DhcpKind.Discover, 4, asked: "198.18.0.103")?.Your.ToString());
        Assert.Null(server.Ask(DhcpKind.Request, 4, asked: "198.18.0.103", names: "198.18.0.9"));
        Assert.Equal("198.18.0.103", server.Ask(DhcpKind.Discover, 5, asked: "198.18.0.103")?.Your.ToString());
    }

    [Fact]
    public async Task Whoever_comes_no_more_is_held_than_the_pool_has_and_garbage_is_survived()
    {
        await using var server = new DhcpTestServer();
        var random = new Random(7);
        for (var client = 0; client < 20_000; client++)
        {
            server.Ask(DhcpKind.Discover, client);
        }

        Assert.Equal(4, server.Held);
        var reply = new byte[65507];
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = DhcpTestServer.Write((DhcpKind)random.Next(9), random.Next(5), "198.18.0.100", "198.18.0.101", DhcpTestServer.Own);
            for (var change = random.Next(12); change > 0; change--)
            {
                bytes[random.Next(3) == 0 ? random.Next(bytes.Length) : 236 + random.Next(30)] = (byte)random.Next(256);
            }

            var cut = random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length;
            if (server.TryAnswer(bytes.AsSpan(0, cut), reply, out var length))
            {
                Assert.InRange(length, 300, DhcpWriter.MaxLength);
                Assert.True(DhcpMessage.TryRead(reply.AsSpan(0, length), out _));
            }
        }

        Assert.InRange(server.Held, 0, 4);
    }

    [Theory]
    [InlineData("hosts: { pc: dhcp }", "asks for its address, but in which network?")]
    [InlineData("hosts: { pc: { address: dhcp, network: six } }", "of which the network")]
    [InlineData("hosts: { pc: { address: dhcp, network: homes } }", "no network is named")]
    [InlineData(
        "hosts: { pc: { address: 198.18.0.2, ports: { dhcp/udp: { service: dhcp, pool: 198.18.0.9 } } } }",
        "pool is IPv4 addresses as FIRST-LAST")]
    [InlineData(
        "hosts: { pc: { address: 198.18.0.2, ports: { dhcp/udp: { service: dhcp, pool: 198.18.0.0-198.18.99.0 } } } }",
        "more than 4096 addresses")]
    public void What_cannot_be_is_told(string hosts, string said)
    {
        var reading =
            Portolan.Lab.Topology.Reading.TopologyReader.Read($"networks: {{ home: 198.18.0.0/24, six: 2001:db8::/64 }}\n{hosts}\n");
        Assert.Contains(reading.Faults, f => f.Message.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public void It_is_written_as_it_was_read()
    {
        var topology = Topologies.Read(Text.Replace("SETTINGS ", "", StringComparison.Ordinal));
        var text = new StringWriter();
        Portolan.Lab.Topology.Writing.TopologyWriter.Write(topology, text);
        Assert.Contains("address: dhcp", text.ToString(), StringComparison.Ordinal);
        Assert.True(Topologies.Read(text.ToString()).Hosts.Single(static h => h.Name == "second").AsksForAddress);
    }

    private static VirtualNetwork Create(string settings, Portolan.Lab.Running.Wire.PacketObserver? observer = null) =>
        new(Topologies.Read(Text.Replace("SETTINGS ", settings, StringComparison.Ordinal)), new VirtualNetworkOptions
        {
            IsVirtualTime = true,
            Observer = observer,
        });
}
