using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Watch;

/// <summary>What holds for any two snapshots. The seed of a failure is in its message.</summary>
public sealed class SnapshotPropertyTests
{
    private const int Cases = 400;

    private static readonly StateView[] States =
    [
        StateView.Of(PortState.Open, isAnswer: true), StateView.Of(PortState.Closed, isAnswer: true),
        StateView.Of(PortState.Filtered, isAnswer: false), StateView.Of(PortState.Filtered, isAnswer: true),
        StateView.Of(PortState.OpenFiltered, isAnswer: false), StateView.Of(PortState.Unfiltered, isAnswer: true), StateView.NotOpen,
    ];

    [Fact]
    public void A_snapshot_does_not_differ_from_itself()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var comparison = Compare(Make(new Random(seed)), Make(new Random(seed)));
            Assert.True(comparison.Changes.Count == 0, $"seed {seed}: {string.Join(", ", comparison.Words())}");
            Assert.Equal(0L, comparison.Coverage.HostsOnlyInA + comparison.Coverage.HostsOnlyInB + comparison.Coverage.Undecided);
        }
    }

    [Fact]
    public void Changes_back_are_the_mirror_of_changes_there()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var (a, b) = (Make(random), Make(random));
            var (there, back) = (Compare(a, b), Compare(b, a));
            var mirrored = back.Changes.Select(static c => Text(Mirror(c.Kind), c, c.After, c.Before)).Order(StringComparer.Ordinal);
            Assert.True(
                there.Changes.Select(static c => Text(c.Kind, c, c.Before, c.After)).Order(StringComparer.Ordinal).SequenceEqual(mirrored),
                $"seed {seed}");
            Assert.Equal(
                (there.Coverage.Ports, there.Coverage.OpenOnlyInA, there.Coverage.Undecided, there.Coverage.HostsOnlyInA),
                (back.Coverage.Ports, back.Coverage.OpenOnlyInB, back.Coverage.Undecided, back.Coverage.HostsOnlyInB));
        }
    }

    [Fact]
    public void Changes_that_are_made_to_the_earlier_snapshot_lead_to_the_later_one_inside_what_both_looked_at()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var (a, b) = (Make(random), Make(random));
            var changes = Compare(a, b).Changes;
            foreach (var (key, after) in b.Hosts)
            {
                if (!a.Hosts.TryGetValue(key, out var before) || before.Status == HostStatus.Down || after.Status == HostStatus.Down)
                {
                    continue;
                }

                for (var port = 0; port < 24; port++)
                {
                    var endpoint = new EndpointKey(TransportProtocol.Tcp, new PortNumber((ushort)port));
                    var (was, now) = (before.StateOf(endpoint), after.StateOf(endpoint));
                    var mine = changes.Where(c => c.Host == key && c.Protocol == TransportProtocol.Tcp && c.Ports.Contains(endpoint.Port)
                        && c.Kind is ChangeKind.Opened or ChangeKind.Closed or ChangeKind.State && c.Host == key
                        && c.Ports.Contains(endpoint.Port)).ToList();
                    if (was is null || now is null)
                    {
                        Assert.True(mine.Count == 0, $"seed {seed}: {endpoint} was not looked at by both");
                        continue;
                    }

                    var reached = mine.Count == 0 ? was.Value : Assert.Single(mine).After.State!.Value;
                    Assert.True((reached.States & now.Value.States) != 0, $"seed {seed}: {endpoint} {was} {now}");
                    Assert.True(mine.Count == 0 || mine[0].Before.State == was, $"seed {seed}: {endpoint}");
                }
            }
        }
    }

    [Fact]
    public void Sets_of_ranges_are_sets()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var (a, b) = (Ports(random, 40), Ports(random, 40));
            var (x, y) = (PortRanges.Of(a), PortRanges.Of(b));
            Assert.Equal((a & b).ToString(), x.Intersect(y).ToString());
            Assert.Equal((a | b).ToString(), x.Union(y).ToString());
            Assert.Equal((a - b).ToString(), x.Except(y).ToString());
            Assert.Equal((a.Count, (a - b).Count), (x.Count, x.Except(y).Count));
            Assert.All(a | b, port => Assert.Equal(a.Contains(port), x.Contains(port)));
        }

        Assert.Equal("0-65535", PortRanges.All.Union(PortRanges.All).ToString());
        Assert.Equal(
            "1-65534", PortRanges.All.Except(PortRanges.Of(new PortNumber(0))).Except(PortRanges.Of(new PortNumber(65535))).ToString());
    }

    private static string Text(ChangeKind kind, Change change, Side before, Side after) =>
        $"{kind} {change.Host} {change.Ports} {before.Text} {before.IsSilent} {after.Text} {after.IsSilent}";

    private static ChangeKind Mirror(ChangeKind kind) => kind switch
    {
        ChangeKind.Opened => ChangeKind.Closed,
        ChangeKind.Closed => ChangeKind.Opened,
        ChangeKind.HostUp => ChangeKind.HostDown,
        ChangeKind.HostDown => ChangeKind.HostUp,
        _ => kind,
    };

    private static Comparison Compare(Snapshot a, Snapshot b) => SnapshotComparer.Compare(a, b, DiffStories.Now);

    private static PortSet Ports(Random random, int most)
    {
        var set = new PortSet();
        for (var i = random.Next(6); i > 0; i--)
        {
            var first = random.Next(most);
            set.Add(new PortRange(new PortNumber((ushort)first), new PortNumber((ushort)(first + random.Next(6)))));
        }

        return set;
    }

    private static Snapshot Make(Random random)
    {
        var snapshot = new Snapshot { Source = "x", TakenAt = DiffStories.Now, MissRateBound = random.Next(3) * 0.1 };
        for (var address = 1u; address <= 4; address++)
        {
            if (random.Next(5) == 0)
            {
                continue;
            }

            var host = snapshot.HostOf(new HostKey(InternetAddress.FromIPv4(0xc612_0000 + address), null));
            host.ReverseName = random.Next(3) switch { 0 => null, 1 => "a.example", _ => "b.example" };
            host.Status = random.Next(5) == 0 ? HostStatus.Down : HostStatus.Up;
            host.IsStatusSilent = random.Next(2) == 0;
            for (var i = host.Status == HostStatus.Up ? random.Next(6) : 0; i > 0; i--)
            {
                host.Add(
                    random.Next(4) == 0 ? TransportProtocol.Udp : TransportProtocol.Tcp, PortRanges.Of(Ports(random, 20)),
                    States[random.Next(States.Length)]);
            }

            foreach (var span in host.OpenSpans().ToList())
            {
                foreach (var port in span.Ports.Ports())
                {
                    if (random.Next(2) == 0)
                    {
                        host.Set(new EndpointKey(span.Protocol, port), Facts(random));
                    }
                }
            }
        }

        return snapshot;
    }

    private static Endpoint Facts(Random random) => new()
    {
        Service = random.Next(2) == 0 ? null : new ServiceFacts("http", null, $"p{random.Next(2)}", $"{random.Next(2)}", null),
        Banner = random.Next(2) == 0 ? null : $"banner {random.Next(2)}",
        Owner = random.Next(2) == 0 ? null : $"owner {random.Next(2)}",
        Reach = random.Next(2) == 0 ? null : new ReachFacts(random.Next(2) == 0 ? "local" : "reachable", null, null),
    };
}
