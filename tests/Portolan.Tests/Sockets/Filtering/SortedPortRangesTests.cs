using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Sockets.Filtering.Predicates;

namespace Portolan.Tests.Sockets.Filtering;

public sealed class SortedPortRangesTests
{
    private static readonly Arbitrary<PortRange[]> Ranges = Arb.From(
        Gen.Choose(0, 40).Two()
            .Select(static pair => new PortRange(Port(Math.Min(pair.Item1, pair.Item2)), Port(Math.Max(pair.Item1, pair.Item2))))
            .ArrayOf().Resize(8));

    [Fact]
    public void A_port_is_in_the_set_when_it_is_in_a_range() => Check.QuickThrowOnFailure(Prop.ForAll(Ranges, static ranges =>
        All().All(port =>
            SortedPortRanges.Of(ranges).Contains(port) == Array.Exists(ranges, range => range.Contains(new PortNumber(port))))));

    [Fact]
    public void The_complement_has_every_other_port() => Check.QuickThrowOnFailure(Prop.ForAll(Ranges, static ranges =>
    {
        var set = SortedPortRanges.Of(ranges);
        return All().All(port => set.Contains(port) != set.Complement().Contains(port));
    }));

    [Fact]
    public void A_coarser_set_has_fewer_ranges_and_loses_no_port() => Check.QuickThrowOnFailure(Prop.ForAll(
        Ranges,
        Arb.From(Gen.Choose(1, 5)),
        static (ranges, count) =>
        {
            var set = SortedPortRanges.Of(ranges);
            var coarse = set.Coarsen(count);
            return coarse.Ranges.Length == Math.Min(count, set.Ranges.Length)
                && All().All(port => !set.Contains(port) || coarse.Contains(port));
        }));

    [Fact]
    public void The_widest_gaps_stay()
    {
        var set = SortedPortRanges.Of([new(Port(1), Port(2)), new(Port(4), Port(4)), new(Port(40), Port(41)), new(Port(43), Port(50))]);
        Assert.Equal([new(Port(1), Port(4)), new(Port(40), Port(50))], set.Coarsen(2).Ranges.ToArray());
    }

    private static IEnumerable<ushort> All() => Enumerable.Range(0, 45).Append(65535).Select(static port => (ushort)port);

    private static PortNumber Port(int number) => new((ushort)number);
}
