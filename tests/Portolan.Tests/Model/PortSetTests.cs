using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Model;

public sealed class PortSetTests
{
    private static readonly PortNumber Https = new(443);

    [Fact]
    public void Union_intersection_difference_and_complement_agree_with_their_members()
        => Prop.ForAll(PortSets.Sets, PortSets.Sets, (a, b) =>
        {
            var (inA, inB) = (PortSets.Members(a), PortSets.Members(b));
            var (union, both, only, rest) = (PortSets.Members(a | b), PortSets.Members(a & b), PortSets.Members(a - b),
                PortSets.Members(~a));
            return Enumerable.Range(0, PortNumber.Count).All(port =>
                union[port] == (inA[port] || inB[port])
                && both[port] == (inA[port] && inB[port])
                && only[port] == (inA[port] && !inB[port])
                && rest[port] == !inA[port]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_laws_of_sets_hold()
        => Prop.ForAll(PortSets.Sets, PortSets.Sets, PortSets.Sets, (a, b, c) =>
            (a | b) == (b | a) && (a & b) == (b & a)
            && ((a | b) | c) == (a | (b | c)) && ((a & b) & c) == (a & (b & c))
            && (a & (b | c)) == ((a & b) | (a & c))
            && ~(a | b) == (~a & ~b) && ~(a & b) == (~a | ~b)
            && ~~a == a && (a - b) == (a & ~b)
            && (a | ~a) == PortSet.All() && (a & ~a).IsEmpty).QuickCheckThrowOnFailure();

    [Fact]
    public void Subsets_and_overlaps_follow_from_the_algebra()
        => Prop.ForAll(PortSets.Sets, PortSets.Sets, (a, b) =>
            a.IsSubsetOf(b) == ((a | b) == b) && (a & b).IsSubsetOf(a) && a.Overlaps(b) == !(a & b).IsEmpty).QuickCheckThrowOnFailure();

    [Fact]
    public void Equal_sets_have_equal_hashes_however_they_were_made()
        => Prop.ForAll(PortSets.Sets, set =>
        {
            var copy = new PortSet([.. set]);
            return copy == set && copy.Equals((object)set) && copy.GetHashCode() == set.GetHashCode() && copy != (~set);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Operators_leave_their_operands_alone()
        => Prop.ForAll(PortSets.Sets, PortSets.Sets, (a, b) =>
        {
            var (textA, textB) = (a.ToString(), b.ToString());
            _ = (a | b, a & b, a - b, ~a, a.Clone().Add(Https));
            return a.ToString() == textA && b.ToString() == textB;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ports_come_in_order_once_each_and_as_many_as_counted()
        => Prop.ForAll(PortSets.Sets, set =>
        {
            var ports = set.Select(port => (int)port.Value).ToArray();
            return ports.SequenceEqual(ports.Distinct().Order()) && ports.Length == set.Count && set.IsEmpty == (ports.Length == 0)
                && ports.All(port => set.Contains(new PortNumber((ushort)port)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranges_cover_the_set_and_never_touch()
        => Prop.ForAll(PortSets.Sets, set =>
        {
            var ranges = set.Ranges.ToArray();
            var rebuilt = new PortSet();
            foreach (var range in ranges)
            {
                rebuilt.Add(range);
            }

            return rebuilt == set && ranges.Zip(ranges.Skip(1)).All(pair => pair.Second.First.Value - pair.First.Last.Value > 1);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Counting_in_a_range_counts_its_members()
        => Prop.ForAll(PortSets.Sets, PortSets.Ports, PortSets.Ports, (set, a, b) =>
        {
            var range = a <= b ? new PortRange(a, b) : new PortRange(b, a);
            return set.CountIn(range) == set.Count(range.Contains);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Removing_a_range_is_the_difference_with_it()
        => Prop.ForAll(PortSets.Sets, PortSets.Ports, PortSets.Ports, (set, a, b) =>
        {
            var range = a <= b ? new PortRange(a, b) : new PortRange(b, a);
            var without = set.Clone();
            without.Remove(range);
            return without == set - new PortSet(range);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Adding_and_removing_say_whether_they_changed_anything()
        => Prop.ForAll(PortSets.Sets, PortSets.Ports, (set, port) =>
        {
            var was = set.Contains(port);
            var changed = set.Clone();
            return changed.Add(port) == !was && changed.Contains(port) && !changed.Add(port)
                && changed.Remove(port) && !changed.Contains(port) && !changed.Remove(port);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_next_the_previous_and_the_nearest_member_are_found()
        => Prop.ForAll(PortSets.Sets, PortSets.Ports, (set, port) =>
        {
            var above = set.Where(member => member >= port).Select(member => (int?)member.Value).FirstOrDefault();
            var below = set.Where(member => member <= port).Select(member => (int?)member.Value).LastOrDefault();
            int? nearest = below is null || above - port.Value <= port.Value - below ? above : below;
            return (set.TryNext(port, out var next) ? next.Value : null) == above
                && (set.TryPrevious(port, out var previous) ? previous.Value : null) == below
                && (set.TryNearest(port, out var found) ? found.Value : null) == nearest;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Port_0_is_an_ordinary_member_of_a_set()
    {
        Assert.Equal(65536, PortSet.All().Count);
        Assert.True(PortSet.All().Contains(PortNumber.Zero));
        Assert.True((~new PortSet(Https)).Contains(PortNumber.Zero));
        Assert.Equal("0", new PortSet(PortNumber.Zero).ToString());
    }

    [Fact]
    public void Walking_a_set_allocates_nothing()
    {
        var set = ~new PortSet(Https);
        var sum = 0L;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            sum = 0;
            foreach (var port in set)
            {
                sum += port.Value;
            }

            foreach (var range in set.Ranges)
            {
                sum -= range.Count;
            }
        }));
        Assert.Equal((65535L * 32768) - 443 - 65535, sum);
    }
}
