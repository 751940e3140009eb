using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ports;

namespace Portolan.Tests.Transport;

/// <summary>Ports are chosen so that nobody can foresee them and none repeats soon (RFC 6056).</summary>
public sealed class EphemeralPortsTests
{
    private static readonly InternetAddress Here = InternetAddress.FromIPv4(0xc6120001);

    private static EphemeralPorts Ports(ulong seed, string reserved = "32800-32899") => new(
        new EphemeralRange(new PortRange(new(32768), new(33767)), PortSet.TryParse(reserved, out var set, out _) ? set : new PortSet()),
        seed);

    [Fact]
    public void A_search_gives_every_port_once_and_none_that_is_reserved()
    {
        var ports = Ports(1);
        Assert.Equal(900, ports.Count);
        foreach (var search in (EphemeralPorts.Search[])[
            ports.Begin(Here, Peer(1), new(80)), ports.BeginAnywhere(TransportProtocol.Tcp), ports.BeginAnywhere(TransportProtocol.Udp)])
        {
            var given = new HashSet<int>();
            var walk = search;
            while (walk.TryNext(out var port))
            {
                Assert.True(given.Add(port));
            }

            Assert.Equal((900, 900), (given.Count, walk.Tried));
            Assert.True(given.Min() >= 32768 && given.Max() <= 33767 && !given.Contains(32800) && !given.Contains(32899));
        }
    }

    [Fact]
    public void Towards_one_destination_a_port_comes_again_only_after_most_others()
    {
        // Each use moves the counter by one to eight steps of two: on average by 9, so 80 uses stay within 1,000 ports.
        var ports = Ports(1);
        var given = Enumerable.Range(0, 80).Select(_ => First(ports, Peer(1))).ToList();
        Assert.Equal(80, given.Distinct().Count());
        var steps = given.Zip(given.Skip(1), static (a, b) => b - a).Where(static step => step > 0).ToList();
        Assert.All(steps.Where(static step => step < 100), static step => Assert.True(step % 2 == 0 && step is >= 2 and <= 16, $"{step}"));
        Assert.True(steps.Distinct().Count() >= 6);
    }

    [Theory]
    [InlineData(1000, 500)]
    [InlineData(999, 500)]
    [InlineData(1, 1)]
    public void Connections_try_every_second_port_first_and_binds_the_others(int count, int even)
    {
        var ports = new EphemeralPorts(new EphemeralRange(new PortRange(new(32768), new((ushort)(32768 + count - 1))), new PortSet()), 1);
        var connecting = All(ports.Begin(Here, Peer(1), new(80)));
        var binding = All(ports.BeginAnywhere(TransportProtocol.Tcp));
        Assert.Equal((count, count), (connecting.Distinct().Count(), binding.Distinct().Count()));
        Assert.All(connecting[..even], static port => Assert.Equal(0, port % 2));
        Assert.All(connecting[even..], static port => Assert.Equal(1, port % 2));
        Assert.All(binding[..(count - even)], static port => Assert.Equal(1, port % 2));
        Assert.All(binding[(count - even)..], static port => Assert.Equal(0, port % 2));
    }

    [Fact]
    public void Ports_of_datagrams_are_even_and_odd_alike()
    {
        var ports = Ports(1);
        var odd = Enumerable.Range(0, 1000).Count(_ => All(ports.BeginAnywhere(TransportProtocol.Udp), 1)[0] % 2 == 1);
        Assert.InRange(odd, 400, 600);
    }

    [Fact]
    public void Destinations_start_in_places_of_their_own_and_another_seed_in_others()
    {
        var starts = Enumerable.Range(0, 2000).Select(peer => First(Ports(1), Peer(peer))).Take(60).ToList();
        Assert.True(starts.Distinct().Count() > 40);
        Assert.True(Enumerable.Range(0, 20).Count(peer => First(Ports(1), Peer(peer)) == First(Ports(2), Peer(peer))) < 5);
        Assert.Equal(First(Ports(7), Peer(3)), First(Ports(7), Peer(3)));
    }

    [Fact]
    public void The_ports_of_many_destinations_are_spread_evenly()
    {
        var ports = Ports(3, reserved: "1");
        var counts = new int[10];
        for (var peer = 0; peer < 10_000; peer++)
        {
            counts[(First(ports, Peer(peer)) - 32768) / 100]++;
        }

        // Ten bins of 1,000 on average; the standard deviation is 30.
        Assert.All(counts, static count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void A_range_that_is_all_reserved_gives_nothing()
    {
        var ports = Ports(1, reserved: "1-65535");
        var search = ports.Begin(Here, Peer(1), new(80));
        Assert.False(search.TryNext(out _));
        search = ports.BeginAnywhere(TransportProtocol.Tcp);
        Assert.False(search.TryNext(out _));
    }

    [Fact]
    public void A_group_spreads_flows_evenly_and_a_flow_always_meets_the_same_member()
    {
        var group = new ReusePortGroup<int>(SipHash.FromSeed(1));
        Assert.Throws<InvalidOperationException>(() => group.Select(Here, new(80), Peer(1), new(1)));
        for (var member = 0; member < 4; member++)
        {
            group.Add(member);
        }

        var before = Enumerable.Range(0, 4000).Select(port => group.Select(Here, new(80), Peer(1), new((ushort)port))).ToList();
        Assert.Equal(before, Enumerable.Range(0, 4000).Select(port => group.Select(Here, new(80), Peer(1), new((ushort)port))));
        Assert.All(before.GroupBy(static member => member), static flows => Assert.InRange(flows.Count(), 850, 1150));

        Assert.True(group.Remove(1));
        Assert.False(group.Remove(1));
        Assert.Equal([0, 3, 2], group.Members);
        Assert.DoesNotContain(1, Enumerable.Range(0, 4000).Select(port => group.Select(Here, new(80), Peer(1), new((ushort)port))));
    }

    [Fact]
    public void Random_numbers_repeat_with_the_seed_and_fill_their_range_evenly()
    {
        var (one, same, other) = (new KeyedRandom(5), new KeyedRandom(5), new KeyedRandom(6));
        var counts = new int[8];
        for (var i = 0; i < 8000; i++)
        {
            var number = one.Below(8);
            Assert.Equal(number, same.Below(8));
            counts[number]++;
        }

        Assert.All(counts, static count => Assert.InRange(count, 850, 1150));
        Assert.NotEqual(one.Next(), other.Next());
    }

    private static InternetAddress Peer(int number) => InternetAddress.FromIPv4(0xc6130000u + (uint)number);

    private static List<int> All(EphemeralPorts.Search search, int most = int.MaxValue)
    {
        var given = new List<int>();
        while (given.Count < most && search.TryNext(out var port))
        {
            given.Add(port.Value);
        }

        return given;
    }

    private static int First(EphemeralPorts ports, InternetAddress peer)
    {
        var search = ports.Begin(Here, peer, new(80));
        Assert.True(search.TryNext(out var port));
        search.Take();
        return port;
    }
}
