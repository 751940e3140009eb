using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Tests.Transport;

/// <summary>The exact pair first, then listeners from specific to wildcard.</summary>
public sealed class DemultiplexerTests
{
    private static readonly InternetAddress A4 = InternetAddress.FromIPv4(0xc6120001);
    private static readonly InternetAddress B4 = InternetAddress.FromIPv4(0xc6120002);
    private static readonly InternetAddress A6 = InternetAddress.FromNumber(((UInt128)0x20010db8 << 96) | 1, isIPv4: false);
    private static readonly InternetAddress B6 = InternetAddress.FromNumber(((UInt128)0x20010db8 << 96) | 2, isIPv4: false);

    [Fact]
    public void A_packet_goes_to_the_most_specific_of_all_that_hear_it()
    {
        // From most specific to widest; each is removed once it was found, so that the next one shows.
        ListenerScope[] order =
        [
            new(A4, new(80), 3), new(A4, new(80)), new(InternetAddress.AnyIPv4, new(80), 3), new(InternetAddress.AnyIPv4, new(80)),
            new(InternetAddress.AnyIPv6, new(80), 3, IsDualStack: true), new(InternetAddress.AnyIPv6, new(80), IsDualStack: true),
            new(A4, default, 3), new(A4, default), new(InternetAddress.AnyIPv4, default, 3), new(InternetAddress.AnyIPv4, default),
            new(InternetAddress.AnyIPv6, default, 3, IsDualStack: true), new(InternetAddress.AnyIPv6, default, IsDualStack: true),
        ];
        var demultiplexer = new Demultiplexer<string, ListenerScope>(SipHash.FromSeed(1));
        foreach (var scope in order.Reverse().Append(new ListenerScope(InternetAddress.AnyIPv6, new(80)))
            .Append(new ListenerScope(B4, new(80))))
        {
            Assert.Equal(FlowAddition.Added, demultiplexer.Listeners.TryAdd(scope, scope));
            Assert.Equal(FlowAddition.Exists, demultiplexer.Listeners.TryAdd(scope, scope));
        }

        Assert.Equal(FlowAddition.Added, demultiplexer.TryAddFlow(A4, new(80), B4, new(40000), 0, "flow"));
        Assert.Equal(DemultiplexerMatch.Flow, demultiplexer.Find(A4, new(80), B4, new(40000), 3, out var flow, out _));
        Assert.Equal("flow", flow);
        Assert.True(demultiplexer.TryRemoveFlow(A4, new(80), B4, new(40000), 0, out _));
        foreach (var scope in order)
        {
            Assert.Equal(DemultiplexerMatch.Listener, demultiplexer.Find(A4, new(80), B4, new(40000), 3, out _, out var found));
            Assert.Equal(scope, found);
            Assert.True(demultiplexer.Listeners.TryRemove(scope, out _));
        }

        Assert.Equal(DemultiplexerMatch.None, demultiplexer.Find(A4, new(80), B4, new(40000), 3, out _, out _));
    }

    [Fact]
    public void Every_lookup_finds_what_a_search_through_all_of_them_finds() => Fuzz.Run(150, static (random, seed) =>
    {
        var demultiplexer = new Demultiplexer<(InternetAddress, int, InternetAddress, int), ListenerScope>(SipHash.FromSeed((ulong)seed));
        var flows = new HashSet<(InternetAddress, int, InternetAddress, int)>();
        var listeners = new HashSet<ListenerScope>();
        for (var step = 0; step < 300; step++)
        {
            var (local, remote) = random.Next(2) == 0 ? (random.Next(2) == 0 ? A4 : B4, B4) : (random.Next(2) == 0 ? A6 : B6, B6);
            var (port, peer, interfaceNumber) = (random.Next(1, 4), random.Next(1, 4), random.Next(1, 3));
            var scope = random.Next(3) switch
            {
                0 => new ListenerScope(local, new((ushort)random.Next(3)), random.Next(3)),
                1 => new ListenerScope(
                    local.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, new((ushort)random.Next(3)), random.Next(3)),
                _ => new ListenerScope(InternetAddress.AnyIPv6, new((ushort)random.Next(3)), random.Next(3), IsDualStack: true),
            };
            var pair = (local, port, remote, peer);
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(
                        flows.Add(pair),
                        demultiplexer.TryAddFlow(local, new((ushort)port), remote, new((ushort)peer), 0, pair) == FlowAddition.Added);
                    break;
                case 1:
                    Assert.Equal(
                        flows.Remove(pair), demultiplexer.TryRemoveFlow(local, new((ushort)port), remote, new((ushort)peer), 0, out _));
                    break;
                case 2 or 3:
                    Assert.Equal(listeners.Add(scope), demultiplexer.Listeners.TryAdd(scope, scope) == FlowAddition.Added);
                    break;
                case 4:
                    Assert.Equal(listeners.Remove(scope), demultiplexer.Listeners.TryRemove(scope, out _));
                    break;
            }

            var match = demultiplexer.Find(local, new((ushort)port), remote, new((ushort)peer), interfaceNumber, out _, out var found);
            var best = listeners
                .Where(l => (l.Port == 0 || l.Port == port) && (l.Interface == 0 || l.Interface == interfaceNumber))
                .Where(l => l.Address == local || (l.Address.IsUnspecified && (l.IsDualStack || l.Address.IsIPv4 == local.IsIPv4)))
                .OrderBy(
                    static l =>
                        (l.Port == 0 ? 100 : 0) + (l.Address.IsUnspecified ? l.IsDualStack ? 20 : 10 : 0) + (l.Interface == 0 ? 1 : 0))
                .Cast<ListenerScope?>()
                .FirstOrDefault();
            Assert.Equal(
                flows.Contains(pair) ? DemultiplexerMatch.Flow : best is null ? DemultiplexerMatch.None : DemultiplexerMatch.Listener,
                match);
            Assert.True(match != DemultiplexerMatch.Listener || found == best);
        }
    });

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        var demultiplexer = new Demultiplexer<object, object>(SipHash.FromSeed(1));
        var value = new object();
        demultiplexer.TryAddFlow(A4, new(80), B4, new(1), 0, value);
        demultiplexer.TryAddFlow(A6, new(80), B6, new(1), 0, value);
        demultiplexer.Listeners.TryAdd(new(InternetAddress.AnyIPv6, new(80), IsDualStack: true), value);
        demultiplexer.Listeners.TryAdd(new(InternetAddress.AnyIPv4, default), value);
        var found = 0;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                found += (int)demultiplexer.Find(A4, new(80), B4, new((ushort)i), 1, out _, out _);
                found += (int)demultiplexer.Find(A6, new(80), B6, new((ushort)i), 1, out _, out _);
                found += (int)demultiplexer.Find(A4, new(81), B4, new((ushort)i), 1, out _, out _);
            }
        }));
        Assert.True(found > 0);
    }

    [Fact]
    public void A_link_local_pair_belongs_to_its_interface()
    {
        var local = InternetAddress.FromNumber(((UInt128)0xfe80 << 112) | 1, isIPv4: false);
        var demultiplexer = new Demultiplexer<int, int>(SipHash.FromSeed(1));
        demultiplexer.TryAddFlow(local, new(80), local, new(1), 2, 2);
        demultiplexer.TryAddFlow(local, new(80), local, new(1), 3, 3);
        Assert.Equal(DemultiplexerMatch.Flow, demultiplexer.Find(local, new(80), local, new(1), 3, out var flow, out _));
        Assert.Equal((3, 2), (flow, demultiplexer.FlowCount));
        Assert.Equal(DemultiplexerMatch.None, demultiplexer.Find(local, new(80), local, new(1), 4, out _, out _));
    }
}
