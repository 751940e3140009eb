using FsCheck;
using FsCheck.Fluent;
using Portolan.Firewall.Intervals;
using Portolan.Reachability.Sources;

namespace Portolan.Tests.Reachability;

public sealed class PrefixCoverTests
{
    [Fact]
    public void A_network_with_a_hole_that_does_not_matter_is_that_network()
    {
        var network = IntervalSet.Prefix(0x0a000000, 8, 32);
        var own = IntervalSet.Of(0x0a000005);

        Assert.Equal(["10.0.0.0/8"], Words(network.Except(own), IntervalSet.All(32).Except(network)));
    }

    [Fact]
    public void A_hole_that_matters_is_left_out()
    {
        var network = IntervalSet.Prefix(0x0a000000, 30, 32);

        Assert.Equal(["10.0.0.0/32", "10.0.0.2/31"], Words(network.Except(IntervalSet.Of(0x0a000001)), IntervalSet.Of(0x0a000001)));
    }

    [Fact]
    public void Everything_is_one_prefix_and_nothing_is_none()
    {
        Assert.Equal(["0.0.0.0/0"], Words(IntervalSet.All(32), IntervalSet.Empty));
        Assert.Empty(Words(IntervalSet.Empty, IntervalSet.All(32)));
        Assert.Equal(["::/0"], PrefixCover.Find(IntervalSet.All(128), IntervalSet.Empty, isIPv4: false).Select(p => p.ToMachineText()));
    }

    [Fact]
    public void What_does_not_matter_never_widens_the_answer_beyond_the_smallest_prefix()
    {
        // Without this a single host allowed on a machine without a default route would read 0.0.0.0/0.
        Assert.Equal(["198.51.100.7/32"], Words(IntervalSet.Of(0xc6336407), IntervalSet.Of(0xc0000201)));
    }

    [Fact]
    public void Prefixes_hold_all_that_is_inside_and_nothing_that_is_outside() =>
        Prop.ForAll(Sets.ToArbitrary(), Sets.ToArbitrary(), (inside, other) =>
    {
        var outside = other.Except(inside);
        var prefixes = PrefixCover.Find(inside, outside, isIPv4: true);
        var covered = IntervalSet.From(prefixes.Select(p => IntervalSet.Prefix(p.Address.Number, p.Length, 32).Intervals[0]));
        return inside.Except(covered).IsEmpty
            && !covered.Overlaps(outside)
            && prefixes.Zip(prefixes.Skip(1)).All(pair => pair.First.Address < pair.Second.Address);
    }).QuickCheckThrowOnFailure();

    private static Gen<IntervalSet> Sets =>
        from intervals in (from first in Gen.Choose(
            0, 400)
                           from length in Gen.Choose(
                0, 60)
                           select new Portolan.Firewall.Intervals.Interval(
                    (UInt128)(0x0a000000 + first), (UInt128)(0x0a000000 + first + length))).ListOf()
        select IntervalSet.From(intervals);

    private static IEnumerable<string> Words(IntervalSet inside, IntervalSet outside) =>
        PrefixCover.Find(inside, outside, isIPv4: true).Select(p => p.ToMachineText());
}
