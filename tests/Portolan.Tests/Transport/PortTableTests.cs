using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Transport.Ports;

namespace Portolan.Tests.Transport;

/// <summary>Who may have a port, and who is named when not.</summary>
public sealed class PortTableTests
{
    private static readonly InternetAddress Any4 = InternetAddress.AnyIPv4;
    private static readonly InternetAddress Any6 = InternetAddress.AnyIPv6;
    private static readonly InternetAddress A = InternetAddress.FromIPv4(0xc6120001);
    private static readonly InternetAddress B = InternetAddress.FromIPv4(0xc6120002);

    private static EphemeralRange Range(ushort first, ushort last) => new(new PortRange(new(first), new(last)), new PortSet());

    private static PortTable Linux(ushort first = 40000, ushort last = 40099) => new(new LinuxBindRules(), Range(first, last), seed: 1);

    private static PortTable Bsd() => new(new BsdBindRules(), Range(49152, 49160), seed: 1);

    private static PortBinding Tcp(InternetAddress address, ushort port = 80) => new(TransportProtocol.Tcp, address, new(port));

    private static PortBinding Udp(InternetAddress address, ushort port = 53) => new(TransportProtocol.Udp, address, new(port));

    [Fact]
    public void A_failed_bind_names_the_holder_and_the_rule()
    {
        var table = Linux();
        var first = table.Bind(Tcp(Any4));
        Assert.True(first.Succeeded);
        first.Holder.Tag = "web server";
        var second = table.Bind(Tcp(A));
        Assert.False(second.Succeeded);
        Assert.Same(first.Holder, second.Conflict);
        Assert.Equal(("web server", BindRule.NotShared), (second.Conflict!.Tag, second.Rule));
        Assert.Equal("tcp 0.0.0.0:80 bound is in the way: both would receive the same packets, and they share only if both set "
            + "SO_REUSEADDR or both set SO_REUSEPORT", second.ToString());
        Assert.Equal(1, table.Count);
        table.Release(first.Holder);
        Assert.True(table.Bind(Tcp(A)).Succeeded);
        Assert.Throws<InvalidOperationException>(() => table.Release(first.Holder));
    }

    [Theory]
    [InlineData("0.0.0.0", false, "::", false, true)]
    [InlineData("0.0.0.0", false, "::", true, false)]
    [InlineData("198.18.0.1", false, "::", false, true)]
    [InlineData("198.18.0.1", false, "198.18.0.2", false, false)]
    [InlineData("198.18.0.1", false, "::ffff:198.18.0.1", false, true)]
    [InlineData("::ffff:0.0.0.0", false, "198.18.0.1", false, true)]
    [InlineData("::ffff:0.0.0.0", false, "::", true, false)]
    [InlineData("2001:db8::1", false, "0.0.0.0", false, false)]
    [InlineData("2001:db8::1", false, "::", true, true)]
    [InlineData("2001:db8::1", false, "2001:db8::2", false, false)]
    public void Two_ends_meet_when_a_packet_could_go_to_either(string one, bool oneV6Only, string other, bool otherV6Only, bool meet)
    {
        Assert.True(InternetAddress.TryParse(one, out var first));
        Assert.True(InternetAddress.TryParse(other, out var second));
        var (a, b) = (Tcp(first) with { IsV6Only = oneV6Only }, Tcp(second) with { IsV6Only = otherV6Only });
        Assert.Equal((meet, meet), (a.Overlaps(b), b.Overlaps(a)));
        Assert.False((a with { Interface = 1 }).Overlaps(b with { Interface = 2 }));
        Assert.Equal((meet, meet), ((a with { Interface = 1 }).Overlaps(b), (a with { Interface = 1 }).Overlaps(b with { Interface = 1 })));
    }

    [Fact]
    public void On_Linux_two_bound_sockets_share_by_SO_REUSEADDR_until_one_listens()
    {
        var table = Linux();
        var shared = Tcp(Any4) with { ReuseAddress = true };
        var first = table.Bind(shared).Holder!;
        var second = table.Bind(shared).Holder!;
        Assert.True(table.Listen(first).Succeeded);
        var refused = table.Listen(second);
        Assert.Equal((BindRule.HolderListens, first, PortUse.Bound), (refused.Rule, refused.Conflict, second.Use));
        Assert.Equal(BindRule.HolderListens, table.Bind(shared).Rule);
        table.Release(first);
        Assert.True(table.Listen(second).Succeeded);
    }

    [Fact]
    public void On_Linux_SO_REUSEPORT_shares_among_sockets_of_one_owner()
    {
        var table = Linux();
        var shared = Tcp(Any4) with { ReusePort = true, Owner = 1000 };
        Assert.True(table.Listen(table.Bind(shared).Holder!).Succeeded);
        Assert.True(table.Listen(table.Bind(shared).Holder!).Succeeded);
        Assert.Equal(BindRule.OtherOwner, table.Bind(shared with { Owner = 0 }).Rule);
        Assert.Equal(BindRule.NotShared, table.Bind(shared with { ReusePort = false }).Rule);
    }

    [Fact]
    public void On_Linux_a_port_in_time_wait_is_had_by_SO_REUSEADDR()
    {
        var table = Linux();
        var listener = table.Bind(Tcp(Any4) with { ReuseAddress = true }).Holder!;
        Assert.True(table.Listen(listener).Succeeded);
        var connection = table.Accept(listener, A, B, new(40000), 0).Holder!;
        table.Rest(connection, B, new(40000));
        table.Release(listener);
        var refused = table.Bind(Tcp(Any4));
        Assert.Equal(
            (BindRule.NotShared, "tcp 198.18.0.1:80 in TIME-WAIT with 198.18.0.2 port 40000"),
            (refused.Rule, refused.Conflict?.ToString()));
        Assert.True(table.Bind(Tcp(Any4) with { ReuseAddress = true }).Succeeded);
    }

    [Fact]
    public void On_BSD_SO_REUSEADDR_shares_a_wildcard_with_an_address_but_not_an_address_with_itself()
    {
        var table = Bsd();
        Assert.True(table.Listen(table.Bind(Tcp(Any4)).Holder!).Succeeded);
        Assert.Equal(BindRule.NotShared, table.Bind(Tcp(A)).Rule);
        Assert.True(table.Bind(Tcp(A) with { ReuseAddress = true }).Succeeded);
        Assert.Equal(BindRule.SameAddress, table.Bind(Tcp(A) with { ReuseAddress = true }).Rule);
        Assert.Equal(BindRule.SameAddress, table.Bind(Tcp(Any4) with { ReuseAddress = true }).Rule);

        // A wildcard of each family, but not one that is dual-stack beside an address of the other.
        Assert.Equal(BindRule.NotShared, table.Bind(Tcp(Any6)).Rule);
        Assert.True(table.Bind(Tcp(Any4, 81)).Succeeded);
        Assert.True(table.Bind(Tcp(Any6, 81)).Succeeded);
    }

    [Fact]
    public void On_BSD_a_multicast_address_is_shared_by_SO_REUSEADDR_too()
    {
        var table = Bsd();
        var group = Udp(InternetAddress.FromIPv4(0xe8010203)) with { ReuseAddress = true };
        Assert.True(table.Bind(group).Succeeded);
        Assert.True(table.Bind(group).Succeeded);
        Assert.True(table.Bind(Udp(A) with { ReusePort = true }).Succeeded);
        Assert.True(table.Bind(Udp(A) with { ReusePort = true }).Succeeded);
        Assert.Equal(BindRule.OtherOwner, table.Bind(Udp(A) with { ReusePort = true, Owner = 9 }).Rule);
    }

    [Fact]
    public void A_chosen_port_shares_with_nobody_and_the_end_of_them_is_said()
    {
        var table = Linux(40000, 40009);
        var chosen = new HashSet<int>();
        for (var i = 0; i < 10; i++)
        {
            var result = table.Bind(Tcp(A, 0) with { ReuseAddress = true, ReusePort = true });
            Assert.True(result.Succeeded);
            Assert.True(chosen.Add(result.Holder.Binding.Port));
        }

        Assert.Equal(new BindResult(null, BindRule.Exhausted, Tried: 10), table.Bind(Tcp(A, 0) with
        {
            ReuseAddress = true,
            ReusePort = true,
        }));
        Assert.Equal(BindRule.Exhausted, table.Bind(Tcp(Any6, 0)).Rule);

        // Another address, and another protocol, have them all still.
        Assert.True(table.Bind(Tcp(B, 0)).Succeeded);
        Assert.True(table.Bind(Udp(A, 0)).Succeeded);
    }

    [Fact]
    public void Connections_to_different_peers_share_a_port_and_to_one_peer_never()
    {
        var table = Linux(40000, 40003);
        var bound = table.Bind(Tcp(Any4, 40001)).Holder!;
        for (var peer = 0; peer < 5; peer++)
        {
            var ports = new HashSet<int>();
            for (var i = 0; i < 3; i++)
            {
                var result = table.Connect(Tcp(A), InternetAddress.FromIPv4(0xc6130000u + (uint)peer), new(443), 0);
                Assert.True(result.Succeeded && ports.Add(result.Holder.Binding.Port));
            }

            Assert.Equal([40000, 40002, 40003], ports.Order());
            Assert.Equal(BindRule.Exhausted, table.Connect(Tcp(A), InternetAddress.FromIPv4(0xc6130000u + (uint)peer), new(443), 0).Rule);
        }

        Assert.Equal((16, 15), (table.Count, table.PairCount));

        // A bound port is left alone, and a bind sees the connections.
        Assert.Equal(BindRule.NotShared, table.Bind(Tcp(A, 40000)).Rule);
        Assert.True(table.Bind(Tcp(B, 40000)).Succeeded);
        table.Release(bound);
        Assert.True(table.Connect(Tcp(A), InternetAddress.FromIPv4(0xc6130000u), new(443), 0).Succeeded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pair_exists_once_whoever_keeps_it(bool isKept)
    {
        var table = Linux(40000, 40000);
        var pairs = new Keeper();
        table.Keeper = isKept ? pairs : null;
        PortHolder? Taken(BindResult result, InternetAddress local, InternetAddress remote, ushort port)
        {
            pairs.Add(local, result.Holder!.Binding.Port, remote, new(port));
            return result.Holder;
        }

        Taken(table.Connect(Tcp(A), B, new(443), 0), A, B, 443);
        Assert.Equal(BindRule.Exhausted, table.Connect(Tcp(A), B, new(443), 0).Rule);

        var bound = table.Bind(Tcp(Any4, 443)).Holder!;
        Taken(table.ConnectBound(bound, A, B, new(9), 0), A, B, 9);
        Assert.Equal((A, B, PortUse.Connected), (bound.Binding.Address, bound.Remote, bound.Use));
        var twin = table.Bind(Tcp(A, 444)).Holder!;
        Assert.True(table.ConnectBound(twin, A, B, new(9), 0).Succeeded);
        var listener = table.Bind(Tcp(B, 443)).Holder!;
        var accepted = Taken(table.Accept(listener, B, A, new(9), 0), B, A, 9)!;
        var refused = table.Accept(listener, B, A, new(9), 0);
        Assert.Equal((BindRule.PairExists, accepted), (refused.Rule, refused.Conflict));
        var other = Taken(table.Accept(listener, B, A, new(10), 0), B, A, 10)!;
        Assert.Equal((isKept, 5), (ReferenceEquals(accepted, other), table.PairCount));
        Assert.Equal(BindRule.PairExists, table.Accept(listener, B, A, new(9), 0).Rule);
    }

    [Fact]
    public void One_holder_stands_for_all_connections_of_a_listener_whose_pairs_are_kept()
    {
        var table = Linux();
        table.Keeper = new Keeper();
        var listener = table.Bind(Tcp(Any4)).Holder!;
        Assert.True(table.Listen(listener).Succeeded);
        var ends = Enumerable.Range(1, 4).Select(port => table.Accept(listener, A, B, new((ushort)port), 0).Holder!).ToList();
        Assert.Single(ends.Distinct());
        Assert.Equal((2, 4, 1), (table.Count, table.PairCount, table.PairHolderCount));
        Assert.Equal("tcp 198.18.0.1:80 connected to 198.18.0.2 port 4 and 3 more", ends[0].ToString());
        table.EndPair(ends[0], B, new(4));
        Assert.Equal("tcp 198.18.0.1:80 connected, 3 pairs", ends[0].ToString());

        // Its place is kept while there is one, and a bind sees it.
        var rest = table.Rest(ends[0], B, new(1));
        table.EndPair(ends[0], B, new(2));
        table.Release(listener);
        Assert.Equal(BindRule.NotShared, table.Bind(Tcp(A)).Rule);
        table.EndPair(ends[0], B, new(3));
        Assert.Equal((1, 0, 0), (table.Count, table.PairCount, table.PairHolderCount));
        Assert.Throws<InvalidOperationException>(() => table.EndPair(ends[0], B, new(3)));
        table.EndRest(rest, B, new(1));

        // Each address has its own.
        listener = table.Bind(Tcp(Any4)).Holder!;
        Assert.NotSame(table.Accept(listener, A, B, new(5), 0).Holder, table.Accept(listener, B, A, new(5), 0).Holder);
    }

    [Fact]
    public void Pairs_that_rest_are_named_with_the_newest_peer_and_how_many_more()
    {
        var table = Linux();
        var listener = table.Bind(Tcp(Any4)).Holder!;
        Assert.True(table.Listen(listener).Succeeded);
        int Rest(ushort port) => table.Rest(table.Accept(listener, A, B, new(port), 0).Holder!, B, new(port));
        string Conflict() => table.Forecast(Tcp(Any4)).Conflict!.ToString();
        var number = Rest(1);
        Assert.EndsWith($"in TIME-WAIT with {B} port 1", Conflict(), StringComparison.Ordinal);
        Assert.Equal((number, number), (Rest(2), Rest(3)));
        Assert.EndsWith($"in TIME-WAIT with {B} port 3 and 2 more", Conflict(), StringComparison.Ordinal);
        table.EndRest(number, B, new(1));
        Assert.EndsWith($"in TIME-WAIT with {B} port 3 and 1 more", Conflict(), StringComparison.Ordinal);
        table.EndRest(number, B, new(3));
        Assert.EndsWith("in TIME-WAIT, 1 pair", Conflict(), StringComparison.Ordinal);
        table.EndRest(number, B, new(2));
        Assert.Equal((1, 0), (table.Count, table.PairCount));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-42")]
    public void A_listener_with_many_connections_is_looked_at_as_two_holders()
    {
        var table = Linux();
        var listener = table.Bind(Tcp(Any4)).Holder!;
        table.Listen(listener);
        for (var i = 0; i < 20_000; i++)
        {
            Assert.True(table.Accept(listener, A, InternetAddress.FromIPv4((uint)i), new(1), 0).Succeeded);
        }

        Assert.Equal(20_001, table.HoldersOf(TransportProtocol.Tcp, new(80)).Count());
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.False(table.Bind(Tcp(A)).Succeeded);
            }
        }));
    }

    /// <summary>The table keeps exactly what was not given back, whatever the order.</summary>
    [Trait("Quick", "no")]
    [Fact]
    public void Whatever_happens_every_port_comes_back() => Fuzz.Run(150, static (random, seed) =>
    {
        var table = new PortTable(seed % 2 == 0 ? new LinuxBindRules() : new BsdBindRules(), Range(40000, 40007), (ulong)seed);
        var held = new List<PortHolder>();
        var resting = new List<int>();
        for (var step = 0; step < 300; step++)
        {
            var address = random.Next(4) switch { 0 => Any4, 1 => A, 2 => B, _ => Any6 };
            var binding = new PortBinding(
                random.Next(2) == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp, address,
                new((ushort)(random.Next(3) == 0 ? 0 : 39_998 + random.Next(6))), random.Next(3), random.Next(2) == 0,
                random.Next(2) == 0, random.Next(2) == 0, (uint)random.Next(2));
            var result = default(BindResult);
            switch (random.Next(7))
            {
                case 0 or 1:
                    result = table.Bind(binding);
                    break;
                case 2:
                    result = table.Connect(binding with { Address = A }, B, new((ushort)random.Next(1, 3)), 0);
                    break;
                case 3 when held.Find(static h => h.Use == PortUse.Bound) is { } bound:
                    table.Listen(bound);
                    break;
                case 4 when held.Find(static h => h.Use == PortUse.Listening) is { } listener:
                    result = table.Accept(listener, A, B, new((ushort)random.Next(1, 5)), 0);
                    break;
                case 5 when held.Find(static h => h.Use == PortUse.Connected) is { } connected:
                    held.Remove(connected);
                    resting.Add(table.Rest(connected, connected.Remote, connected.RemotePort));
                    break;
                case 5 when resting.Count > 0:
                    table.EndRest(resting[0], B, new(1));
                    resting.RemoveAt(0);
                    break;
                case 6 when held.Count > 0:
                    var index = random.Next(held.Count);
                    table.Release(held[index]);
                    held.RemoveAt(index);
                    break;
            }

            if (result.Holder is not null)
            {
                held.Add(result.Holder);
            }

            var standing = resting.Distinct().Count();
            Assert.Equal((held.Count + standing, standing), (table.Count, table.StandingCount));
            Assert.Equal(held.Count(static h => h.Use is PortUse.Connected), table.PairCount);
            foreach (var group in held.GroupBy(static h => (h.Binding.Protocol, h.Binding.Port)))
            {
                Assert.Equal(
                    group.ToHashSet(),
                    table.HoldersOf(group.Key.Protocol, group.Key.Port).Where(static h => h.Use != PortUse.TimeWait).ToHashSet());
            }
        }

        held.ForEach(table.Release);
        resting.ForEach(number => table.EndRest(number, B, new(1)));
        Assert.Equal((0, 0), (table.Count, table.PairCount));
    });

    /// <summary>Keeps pairs by name.</summary>
    private sealed class Keeper : IPairKeeper
    {
        private readonly HashSet<(InternetAddress, PortNumber, InternetAddress, PortNumber)> _pairs = [];

        public bool TryClear(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int zone) =>
            !_pairs.Contains((local, localPort, remote, remotePort));

        internal void Add(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort) =>
            Assert.True(_pairs.Add((local, localPort, remote, remotePort)));
    }
}
