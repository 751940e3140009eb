using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Tests.Transport.Ip;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Udp;

namespace Portolan.Tests.Transport.Udp;

/// <summary>Datagrams reach whom they are for, and errors whoever caused them.</summary>
public sealed class UdpTests
{
    private readonly LabNetwork _network = new();
    private readonly LabHost _us;
    private readonly LabHost _them;
    private readonly UdpLayer _ours;
    private readonly UdpLayer _theirs;
    private readonly byte[] _room = new byte[65_536];

    public UdpTests()
    {
        var net = _network.AddSwitch(isRecorded: false);
        (_us, _them) = (_network.AddHost(), _network.AddHost());
        _us.Join(net, addresses: "198.18.0.1/24 2001:db8::1/64");
        _them.Join(net, addresses: "198.18.0.2/24 2001:db8::2/64");
        (_ours, _theirs) = (AddUdp(_us), AddUdp(_them));
        _network.Run(5);
    }

    [Theory]
    [InlineData("198.18.0.2", "198.18.0.1", 0)]
    [InlineData("198.18.0.2", "198.18.0.1", 1)]
    [InlineData("198.18.0.2", "198.18.0.1", 65_507)]
    [InlineData("2001:db8::2", "2001:db8::1", 1232)]
    [InlineData("2001:db8::2", "2001:db8::1", 65_527)]
    public void A_datagram_arrives_whole_and_is_answered(string destination, string source, int length)
    {
        var server = Bind(_theirs, "::", 53);
        var client = Bind(_ours, destination.Contains(':') ? "::" : "0.0.0.0", 0);
        var payload = Enumerable.Range(0, length).Select(i => (byte)(i * 31)).ToArray();
        Assert.Equal(UdpSendResult.Sent, client.Send(payload, LabNetwork.Ip(destination), new PortNumber(53)));
        _network.Settle();
        Assert.True(server.TryReceive(_room, out var arrival));
        Assert.Equal((LabNetwork.Ip(source), client.Binding.Port, length), (arrival.Source, arrival.SourcePort, arrival.Length));
        Assert.Equal(payload, _room[..length]);
        Assert.Equal(UdpSendResult.Sent, server.Send("reply"u8, arrival.Source, arrival.SourcePort));
        _network.Settle();
        Assert.True(client.TryReceive(_room, out arrival));
        Assert.Equal("reply"u8, _room[..arrival.Length]);
        Assert.False(client.TryReceive(_room, out _));
        Assert.Equal((0, 0), (_us.Pool.InUse, _them.Pool.InUse));
    }

    [Fact]
    public void What_is_larger_than_any_datagram_is_refused()
    {
        var client = Bind(_ours, "::", 0);
        Assert.Equal(UdpSendResult.TooBig, client.Send(new byte[65_508], LabNetwork.Ip("198.18.0.2"), new PortNumber(53)));
        Assert.Equal(UdpSendResult.TooBig, client.Send(new byte[65_528], LabNetwork.Ip("2001:db8::2"), new PortNumber(53)));
        Assert.Equal(UdpSendResult.NoDestination, client.Send([], LabNetwork.Ip("2001:db8::2"), PortNumber.Zero));
        Assert.Equal(UdpSendResult.NoRoute, client.Send([], LabNetwork.Ip("192.0.2.1"), new PortNumber(53)));
        var v6Only = Bind(_ours, "::", 0, binding => binding with { IsV6Only = true });
        Assert.Equal(UdpSendResult.NoRoute, v6Only.Send([], LabNetwork.Ip("198.18.0.2"), new PortNumber(53)));
        client.Close();
        Assert.Equal(UdpSendResult.Closed, client.Send([], LabNetwork.Ip("198.18.0.2"), new PortNumber(53)));
    }

    [Theory]
    [InlineData("198.18.0.2", false)]
    [InlineData("2001:db8::2", false)]
    [InlineData("198.18.0.2", true)]
    [InlineData("127.0.0.1", false)]
    public void A_connected_socket_hears_that_nobody_is_there_an_unconnected_only_when_it_asks(string destination, bool asks)
    {
        var any = destination.Contains(':') ? "::" : "0.0.0.0";
        var connected = Bind(_ours, any, 0);
        Assert.True(connected.TryConnect(LabNetwork.Ip(destination), new PortNumber(9)));
        var unconnected = Bind(_ours, any, 0, options: new UdpSocketOptions { TakesErrors = asks });
        connected.Send("1"u8);
        unconnected.Send("1"u8, LabNetwork.Ip(destination), new PortNumber(9));
        _network.Run(0.1);
        Assert.True(connected.TryTakeError(out var error));
        Assert.Equal((IcmpProblem.PortUnreachable, 9), (error.Report.Problem, (int)error.RemotePort));
        Assert.Equal(asks, unconnected.TryTakeError(out _));
        Assert.False(connected.TryTakeError(out _));
    }

    [Fact]
    public void A_connected_socket_takes_only_its_peer_and_others_meet_the_wildcard()
    {
        var connected = Bind(_theirs, "198.18.0.2", 53, b => b with { ReuseAddress = true });
        Assert.True(connected.TryConnect(LabNetwork.Ip("198.18.0.1"), new PortNumber(1000)));
        var wildcard = Bind(_theirs, "0.0.0.0", 53, b => b with { ReuseAddress = true });
        var (first, second) = (Bind(_ours, "0.0.0.0", 1000), Bind(_ours, "0.0.0.0", 1001));
        first.Send("a"u8, LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
        second.Send("b"u8, LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
        _network.Settle();
        Assert.Equal((1, 1), (connected.Waiting, wildcard.Waiting));
        Assert.True(connected.TryReceive(_room, out _));
        Assert.Equal((byte)'a', _room[0]);
        connected.Send("c"u8);
        _network.Settle();
        Assert.Equal(1, first.Waiting);
        connected.Close();
        first.Send("d"u8, LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
        _network.Settle();
        Assert.Equal(2, wildcard.Waiting);
    }

    [Fact]
    public void A_connected_socket_may_be_tied_to_another_peer_and_to_nobody()
    {
        var server = Bind(_theirs, "::", 53);
        var (first, second) = (Bind(_ours, "198.18.0.1", 1000), Bind(_ours, "2001:db8::1", 1001));
        void Both()
        {
            first.Send("a"u8, LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
            second.Send("b"u8, LabNetwork.Ip("2001:db8::2"), new PortNumber(53));
            _network.Settle();
        }

        (InternetAddress Address, bool IsPair) Holder() => (server.Binding.Address, server.Holder.Use == PortUse.Connected);

        // The source is chosen anew each time, of the other family too.
        Assert.True(server.TryConnect(LabNetwork.Ip("198.18.0.1"), new PortNumber(1000)));
        Assert.Equal((LabNetwork.Ip("198.18.0.2"), true), Holder());
        Both();
        Assert.Equal("a", Taken(server));
        Assert.True(server.TryConnect(LabNetwork.Ip("2001:db8::1"), new PortNumber(1001)));
        Assert.True(server.TryConnect(LabNetwork.Ip("2001:db8::1"), new PortNumber(1001)));
        Assert.Equal((LabNetwork.Ip("2001:db8::2"), true), Holder());
        Both();
        Assert.Equal("b", Taken(server));
        Assert.Equal(UdpSendResult.Sent, server.Send("c"u8));
        _network.Settle();
        Assert.Equal("c", Taken(second));

        // What cannot be changes nothing.
        Assert.False(server.TryConnect(LabNetwork.Ip("192.0.2.1"), new PortNumber(1000)));
        Assert.Equal((LabNetwork.Ip("2001:db8::1"), 1001), (server.Remote, (int)server.RemotePort));
        Assert.True(server.Disconnect());
        Assert.False(server.Disconnect());
        Assert.Equal((LabNetwork.Ip("::"), false), Holder());
        Assert.Equal(UdpSendResult.NoDestination, server.Send("d"u8));
        Both();
        Assert.Equal("ab", Taken(server));
        server.Close();
        Assert.NotNull(Bind(_theirs, "::", 53));
    }

    [Fact]
    public void A_pair_that_another_socket_has_leaves_a_connected_one_with_its_peer()
    {
        var (first, second) = (Bind(_theirs, "::", 53, b => b with { ReuseAddress = true }),
            Bind(_theirs, "::", 53, b => b with { ReuseAddress = true }));
        Assert.True(first.TryConnect(LabNetwork.Ip("198.18.0.1"), new PortNumber(1000)));
        Assert.True(second.TryConnect(LabNetwork.Ip("198.18.0.1"), new PortNumber(1001)));
        Assert.False(second.TryConnect(LabNetwork.Ip("198.18.0.1"), new PortNumber(1000)));
        var client = Bind(_ours, "::", 1001);
        client.Send("x"u8, LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
        _network.Settle();
        Assert.Equal((0, 1), (first.Waiting, second.Waiting));
    }

    [Fact]
    public void Sockets_that_share_a_port_share_its_flows_and_each_flow_stays_with_one()
    {
        UdpSocket[] group = [.. Enumerable.Range(0, 4).Select(_ => Bind(_theirs, "::", 53, b => b with { ReusePort = true }))];
        for (var i = 0; i < 200; i++)
        {
            var client = Bind(_ours, "0.0.0.0", 0);
            client.Send([(byte)i], LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
            client.Send([(byte)i], LabNetwork.Ip("198.18.0.2"), new PortNumber(53));
            _network.Settle();
        }

        Assert.Equal(400, group.Sum(s => s.Waiting));
        Assert.All(group, s => Assert.InRange(s.Waiting, 40, 200));
        Assert.All(group, s => Assert.Equal(0, s.Waiting % 2));
    }

    [Fact]
    public void A_bind_that_conflicts_names_who_is_in_the_way()
    {
        var holder = Bind(_ours, "0.0.0.0", 53);
        var result =
            _ours.Bind(new PortBinding(TransportProtocol.Udp, LabNetwork.Ip("198.18.0.1"), new PortNumber(53)), null, out var socket);
        Assert.Null(socket);
        Assert.Equal((BindRule.NotShared, holder), (result.Rule, result.Conflict?.Tag));
        Assert.Throws<ArgumentException>(() => Bind(_ours, "192.0.2.9", 53));
        holder.Close();
        Assert.NotNull(Bind(_ours, "198.18.0.1", 53));
    }

    [Fact]
    public void A_missing_checksum_is_allowed_over_IPv4_and_over_IPv6_only_where_asked_for()
    {
        var omits = new UdpSocketOptions { OmitsChecksum = true };
        var (strict, tolerant) = (Bind(_theirs, "::", 53),
            Bind(_theirs, "::", 54, options: new UdpSocketOptions { TakesOmittedChecksums = true }));
        var client = Bind(_ours, "::", 0, options: omits);
        foreach (var (destination, port) in ((string, int)[])[
            ("198.18.0.2", 53), ("198.18.0.2", 54), ("2001:db8::2", 53), ("2001:db8::2", 54), ("2001:db8::2", 55)])
        {
            Assert.Equal(UdpSendResult.Sent, client.Send("x"u8, LabNetwork.Ip(destination), new PortNumber((ushort)port)));
        }

        _network.Settle();
        Assert.Equal((1, 2), (strict.Waiting, tolerant.Waiting));
        Assert.Equal((1, 1), (_theirs.Counters.BadChecksum, _theirs.Counters.NoPort));
        Assert.Equal(0, _them.Ip.Counters.ErrorsSent);
    }

    [Fact]
    public void A_wrong_checksum_or_length_is_dropped_and_port_zero_hears_nothing()
    {
        var socket = Bind(_theirs, "::", 53);
        var arrival = new IpArrival(
            LabNetwork.Ip("198.18.0.1"), LabNetwork.Ip("198.18.0.2"), 2, 64, EcnCodepoint.NotCapable, 0, IpDelivery.Host, false);
        var datagram = new byte[20];
        UdpWriter.Write(datagram, arrival.Source, arrival.Destination, PortNumber.Zero, new PortNumber(53), new byte[12]);
        Assert.Equal(IpAnswer.None, _theirs.OnPacket(arrival, datagram, _network.Now));
        Assert.True(socket.TryReceive(_room, out var taken));
        Assert.Equal(0, taken.SourcePort.Value);
        datagram[19] ^= 1;
        _theirs.OnPacket(arrival, datagram, _network.Now);
        _theirs.OnPacket(arrival with { IsChecksumKnown = true }, datagram, _network.Now);
        _theirs.OnPacket(arrival, datagram.AsSpan(0, 19), _network.Now);
        UdpWriter.Write(datagram, arrival.Source, arrival.Destination, new PortNumber(5), PortNumber.Zero, new byte[12]);
        Assert.Equal(IpAnswer.None, _theirs.OnPacket(arrival, datagram, _network.Now));
        Assert.Equal(1, socket.Waiting);
        Assert.Equal((1, 1, 1), (_theirs.Counters.BadChecksum, _theirs.Counters.Malformed, _theirs.Counters.NoPort));
    }

    [Fact]
    public void A_group_reaches_all_members_of_the_port_and_nobody_else()
    {
        UdpSocket[] sockets = [.. Enumerable.Range(0, 4).Select(_ => Bind(_theirs, "::", 5353, b => b with { ReuseAddress = true }))];
        Assert.True(sockets[0].TryJoin(LabNetwork.Ip("224.0.0.251"), 2));
        Assert.True(sockets[1].TryJoin(LabNetwork.Ip("224.0.0.251"), 2));
        Assert.False(sockets[1].TryJoin(LabNetwork.Ip("224.0.0.251"), 2));
        Assert.True(sockets[2].TryJoin(LabNetwork.Ip("ff02::fb"), 2));
        Assert.False(sockets[2].TryJoin(LabNetwork.Ip("198.18.0.1"), 2));
        var client = Bind(_ours, "::", 0);
        client.Send("v4"u8, LabNetwork.Ip("224.0.0.251"), new PortNumber(5353), 2);
        client.Send("v6"u8, LabNetwork.Ip("ff02::fb"), new PortNumber(5353), 2);
        client.Send("all"u8, LabNetwork.Ip("198.18.0.255"), new PortNumber(5353));
        _network.Settle();
        Assert.Equal([2, 2, 2, 1], sockets.Select(s => s.Waiting));
        Assert.True(sockets[1].Leave(LabNetwork.Ip("224.0.0.251"), 2));
        sockets[0].Close();
        client.Send("v4"u8, LabNetwork.Ip("224.0.0.251"), new PortNumber(5353), 2);
        _network.Settle();
        Assert.Equal([0, 2, 2, 1], sockets.Select(s => s.Waiting));
        Assert.DoesNotContain(LabNetwork.Ip("224.0.0.251"), _them.Ip.Interfaces[1].Groups.Joined);
    }

    [Fact]
    public void A_queue_is_bounded_and_says_what_it_lost()
    {
        var server = Bind(_theirs, "::", 53, options: new UdpSocketOptions { ReceiveLimit = 10_000 });
        var client = Bind(_ours, "0.0.0.0", 0);
        for (var i = 0; i < 100; i++)
        {
            client.Send(new byte[100], LabNetwork.Ip("198.18.0.2"), new PortNumber(53));

            // So many wait for the neighbour's address.
            if (i % 50 == 0)
            {
                _network.Settle();
            }
        }

        _network.Settle();
        Assert.Equal(100, server.Waiting + server.Dropped);
        Assert.InRange(server.Waiting, 20, 40);
        Assert.Equal(server.Dropped, _theirs.Counters.QueueFull);
        server.Close();
        Assert.Equal(0, _them.Pool.InUse);
    }

    [Fact]
    public void A_socket_that_may_not_be_cut_learns_the_path_mtu_from_errors()
    {
        var socket = Bind(_ours, "::", 0, options: new UdpSocketOptions { DontFragment = true });
        Assert.True(socket.TryConnect(LabNetwork.Ip("2001:db8::2"), new PortNumber(53)));
        Assert.Equal(UdpSendResult.Sent, socket.Send(new byte[1452]));
        Assert.Equal(UdpSendResult.TooBig, socket.Send(new byte[1453]));
        var report = new IcmpArrival(
            IcmpProblem.PacketTooBig, 2, 0, 1300, LabNetwork.Ip("2001:db8::9"), LabNetwork.Ip("2001:db8::1"), LabNetwork.Ip("2001:db8::2"),
            2, PacketLength: 1500);
        var quoted = new byte[8];
        UdpWriter.Write(quoted, report.Source, report.Destination, socket.Binding.Port, new PortNumber(53));
        _ours.OnIcmpError(report with { Destination = LabNetwork.Ip("2001:db8::3") }, quoted, _network.Now);
        Assert.Equal((1500, 1), (socket.Path!.Mtu, _ours.Counters.StrayErrors));
        _ours.OnIcmpError(report with { PacketLength = 1300 }, quoted, _network.Now);
        Assert.Equal(1500, socket.Path!.Mtu);
        _ours.OnIcmpError(report, quoted, _network.Now);
        Assert.Equal(1300, socket.Path!.Mtu);
        Assert.Equal(UdpSendResult.TooBig, socket.Send(new byte[1300]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_unconnected_socket_gets_past_a_narrow_link_RFC_8201_section_4(bool takesErrors)
    {
        var (left, right) = (_network.AddSwitch(), _network.AddSwitch());
        var (us, router, them) = (_network.AddHost(), _network.AddHost(new IpHostOptions { Seed = 8, IsForwarding = true }),
            _network.AddHost());
        var ourEnd = us.Join(left, addresses: "2001:db8:1::1/64");
        router.Join(left, addresses: "2001:db8:1::9/64");
        router.Join(right, mtu: 1300, addresses: "2001:db8:2::9/64");
        var theirEnd = them.Join(right, mtu: 1300, addresses: "2001:db8:2::2/64");
        us.Ip.AddDefaultRoute(ourEnd, LabNetwork.Ip("2001:db8:1::9"));
        them.Ip.AddDefaultRoute(theirEnd, LabNetwork.Ip("2001:db8:2::9"));
        var server = Bind(AddUdp(us), "::", 53, options: new UdpSocketOptions { TakesErrors = takesErrors });
        var client = Bind(AddUdp(them), "::", 5353);
        foreach (var expected in (int[])[0, 1])
        {
            us.Ip.AdvanceTo(_network.Now);
            Assert.Equal(UdpSendResult.Sent, server.Send(new byte[1400], LabNetwork.Ip("2001:db8:2::2"), new PortNumber(5353)));
            _network.Run(0.1);
            Assert.Equal(expected, client.Waiting);
        }

        Assert.Equal(takesErrors, server.TryTakeError(out _));
    }

    [Fact]
    public void A_connected_socket_hears_that_its_neighbour_is_silent()
    {
        var socket = Bind(_ours, "0.0.0.0", 0);
        Assert.True(socket.TryConnect(LabNetwork.Ip("198.18.0.77"), new PortNumber(53)));
        socket.Send("x"u8);
        _network.Run(4);
        Assert.True(socket.TryTakeError(out var error));
        Assert.Equal(IcmpProblem.HostUnreachable, error.Report.Problem);
    }

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    [InlineData("127.0.0.1")]
    public void A_datagram_allocates_nothing(string destination)
    {
        var server = Bind(destination == "127.0.0.1" ? _ours : _theirs, "::", 53);
        var client = Bind(_ours, "::", 0);
        var (address, payload) = (LabNetwork.Ip(destination), new byte[1000]);
        var count = 0;
        var allocated = Allocations.Fewest(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                client.Send(payload, address, new PortNumber(53));
                _us.Step(_network.Now);
                _them.Step(_network.Now);
                _us.Step(_network.Now);
                count += server.TryReceive(_room, out _) ? 1 : 0;
            }
        });
        Assert.Equal(0, allocated);
        Assert.True(count >= 200);
    }

    [Fact]
    public void Any_sequence_of_calls_leaves_nothing_behind() => Fuzz.Run(40, (random, _) =>
    {
        var sockets = new List<(UdpLayer Layer, UdpSocket Socket)>();
        string[] addresses = ["0.0.0.0", "::", "198.18.0.1", "198.18.0.2", "2001:db8::1", "2001:db8::2"];
        for (var step = 0; step < 300; step++)
        {
            var layer = random.Next(2) == 0 ? _ours : _theirs;
            switch (random.Next(8))
            {
                case 0 when sockets.Count < 30:
                    var mine = layer == _ours ? 1 : 2;
                    var address = LabNetwork.Ip(addresses[random.Next(2) == 0 ? random.Next(2) : mine + 1 + (2 * random.Next(2))]);
                    var binding = new PortBinding(
                        TransportProtocol.Udp, address, new PortNumber((ushort)random.Next(6)), 0, random.Next(2) == 0, random.Next(2) == 0,
                        random.Next(2) == 0);
                    layer.Bind(binding, null, out var socket);
                    if (socket is not null)
                    {
                        sockets.Add((layer, socket));
                    }

                    break;
                case 1 when sockets.Count > 0:
                    sockets[random.Next(sockets.Count)].Socket.TryConnect(
                        LabNetwork.Ip(addresses[2 + random.Next(4)]), new PortNumber((ushort)random.Next(1, 6)));
                    break;
                case 2 when sockets.Count > 0:
                    var index = random.Next(sockets.Count);
                    sockets[index].Socket.Close();
                    sockets.RemoveAt(index);
                    break;
                case 3 when sockets.Count > 0:
                    sockets[random.Next(sockets.Count)].Socket.TryReceive(_room, out var _);
                    break;
                case 4 when sockets.Count > 0:
                    sockets[random.Next(sockets.Count)].Socket.TryJoin(LabNetwork.Ip(random.Next(2) == 0 ? "239.0.0.1" : "ff02::99"), 2);
                    break;
                case 5:
                    _network.Settle();
                    break;
                case 7 when sockets.Count > 0:
                    sockets[random.Next(sockets.Count)].Socket.Disconnect();
                    break;
                case 6 when sockets.Count > 0:
                    string[] to = [.. addresses[2..], "239.0.0.1", "ff02::99", "198.18.0.255", "127.0.0.1"];
                    sockets[random.Next(sockets.Count)].Socket.Send(
                        new byte[random.Next(3000)], LabNetwork.Ip(to[random.Next(to.Length)]), new PortNumber((ushort)random.Next(1, 6)),
                        2);
                    break;
            }
        }

        sockets.ForEach(s => s.Socket.Close());
        _network.Run(10);
        Assert.Equal((0, 0), (_us.Pool.InUse, _them.Pool.InUse));
        Assert.Equal((0, 0), (_ours.SocketCount, _theirs.SocketCount));
        Assert.Empty(_us.Ip.Interfaces[1].Groups.Joined.Where(g => g.IsIPv4));
    });

    private string Taken(UdpSocket socket)
    {
        var taken = "";
        while (socket.TryReceive(_room, out var arrival))
        {
            taken += System.Text.Encoding.ASCII.GetString(_room.AsSpan(0, arrival.Length));
        }

        return taken;
    }

    private static UdpLayer AddUdp(LabHost host)
    {
        Assert.True(EphemeralRange.TryParse("32768 60999", "", out var range));
        var layer = new UdpLayer(host.Ip, new PortTable(new LinuxBindRules(), range, 7), host.Pool, 8);
        host.Ip.Register(IpProtocol.Udp, layer);
        return layer;
    }

    private static UdpSocket Bind(
        UdpLayer layer, string address, int port, Func<PortBinding, PortBinding>? change = null, UdpSocketOptions? options = null)
    {
        var binding = new PortBinding(TransportProtocol.Udp, LabNetwork.Ip(address), new PortNumber((ushort)port));
        var result = layer.Bind(change?.Invoke(binding) ?? binding, options, out var socket);
        Assert.True(result.Succeeded, $"{result}");
        return socket!;
    }
}
