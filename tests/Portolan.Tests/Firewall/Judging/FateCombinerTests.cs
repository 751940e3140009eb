using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Answers;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>Ends that overlap are taken apart into ever more cubes: there is an end to that, and it can be stopped.</summary>
public sealed class FateCombinerTests
{
    private const int Many = 2000;

    [Fact]
    public void More_cases_than_can_be_told_apart_are_one_open_case_that_holds_all_of_them()
    {
        var budget = new JudgeBudget(TestContext.Current.CancellationToken);

        var piece = Assert.Single(FateCombiner.Combine(Overlapping(Many), budget));

        Assert.Equal(Fate.Open, Assert.Single(piece.Ends).Fate);
        var cube = Assert.Single(piece.Cubes);
        Assert.Equal(IntervalSet.Of(1, (3 * (Many - 1)) + 500), cube[PacketField.SourceAddress]);
        Assert.True(budget.Comparisons < 2 * JudgeBudget.MaximumComparisons, $"{budget.Comparisons} comparisons");
    }

    [Fact]
    public void Few_are_told_apart()
    {
        var ends = Overlapping(3);

        var pieces = FateCombiner.Combine(ends, new JudgeBudget(TestContext.Current.CancellationToken));

        Assert.Contains(pieces, static p => p.Ends.Count == 3);
        Assert.Contains(pieces, static p => p.Ends.Count == 1);
    }

    /// <summary>It was looked between two ends only, and laying one over the others took minutes.</summary>
    [Fact]
    public void It_stops_while_it_lays_one_end_over_the_others()
    {
        using var stop = new CancellationTokenSource();
        var budget = new JudgeBudget(stop.Token);
        var cube = Overlapping(1)[0].State.Cube;
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => CubeLists.Except([cube], [cube], budget));
        Assert.Throws<OperationCanceledException>(() => CubeLists.Intersect([cube], [cube], budget));
    }

    // Each overlaps hundreds of others in three fields, and rests on a question of its own.
    private static List<Terminal> Overlapping(int count)
    {
        var ends = new List<Terminal>(count);
        for (var i = 0; i < count; i++)
        {
            var sets = new IntervalSet[PacketFields.OpenCount];
            for (var field = 0; field < sets.Length; field++)
            {
                sets[field] = OpenFields.All((PacketField)field, isIPv4: true);
            }

            var at = (uint)i * 3;
            sets[(int)PacketField.SourceAddress] = IntervalSet.Of(1 + at, at + 500);
            sets[(int)PacketField.SourcePort] = IntervalSet.Of(1 + ((at * 7) % 20_000), 20_000 + ((at * 7) % 20_000));
            sets[(int)PacketField.DestinationAddress] = IntervalSet.Of(1 + ((at * 11) % 9_000), 9_000 + ((at * 11) % 9_000));
            var state = new FlowState(new Cube(sets), PacketView.Zero, Doubts.None, null).Ask(new OpenQuestion(null, $"question {i}"));
            ends.Add(new Terminal(state, new Fate(FlowDecision.Drop)));
        }

        return ends;
    }
}
