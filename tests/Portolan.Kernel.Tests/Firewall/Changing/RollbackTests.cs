using System.Collections.Concurrent;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Changing;

/// <summary>The kernel takes back what nobody confirms, whatever becomes of the program.</summary>
public sealed class RollbackTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(ChangeStep.Read)]
    [InlineData(ChangeStep.Planned)]
    [InlineData(ChangeStep.Judged)]
    [InlineData(ChangeStep.Committed)]
    public void Access_returns_when_the_program_ends_at_any_step(ChangeStep last)
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        Meeting? atTheEnd = null;
        lab.Server.Run(() =>
        {
            var changer = ChangeLab.Changer(step =>
            {
                if (step == last)
                {
                    atTheEnd = last == ChangeStep.Committed ? lab.Connect(8001) : lab.Reach(8001);
                    throw new ProgramEndedException();
                }
            });
            Assert.Throws<ProgramEndedException>(() =>
                changer.Apply(
                    ChangeLab.Plan(Short, "block 8001/tcp", "close-unused"), static _ => { }, isDryRun: false,
                    TestContext.Current.CancellationToken));
        });
        Assert.Equal(last == ChangeStep.Committed ? Meeting.Silence : Meeting.Made, atTheEnd);
        lab.WaitUntilLetIn(8001);
        Assert.Empty(lab.State().Rules);
    }

    [Fact]
    public void What_is_confirmed_outlasts_its_time()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001, 8002);
        lab.Change(Short, "block 8001/tcp");
        lab.Confirm();
        lab.Change(Short, "block 8002/tcp");
        lab.WaitUntilLetIn(8002);
        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        Assert.Equal(["block 8001/tcp"], lab.State().Rules.Select(r => r.Words));
    }

    [Fact]
    public void A_removal_that_nobody_confirms_comes_back_by_itself()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Settle("block 8001/tcp");
        Undo(lab, Short);
        Assert.Equal(Meeting.Made, lab.Reach(8001));
        for (var attempt = 0; attempt < 1200 && lab.State().Pending.Any(); attempt++)
        {
            Thread.Sleep(50);
        }

        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        Undo(lab, Short);
        lab.Confirm();
        Assert.Equal(Meeting.Made, lab.Reach(8001));
        Assert.True(lab.State().IsEmpty);
        Assert.Empty(lab.Server.Tool("nft", null, "list", "ruleset"));
    }

    [Fact]
    public void A_disarmed_default_drop_comes_back_by_itself_too()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Settle("close-unused");
        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        Undo(lab, Short);
        Assert.Equal(Meeting.Made, lab.Reach(8001));
        for (var attempt = 0; attempt < 1200 && lab.State().Pending.Any(); attempt++)
        {
            Thread.Sleep(50);
        }

        Assert.Equal(Meeting.Silence, lab.Connect(8001));
    }

    [Fact]
    public void A_rule_with_a_time_ends_by_itself_even_when_it_was_confirmed()
    {
        using var lab = new ChangeLab();
        lab.Server.ListenTcp(8001);
        lab.Settle("block 8001/tcp --for 2s");
        Assert.Equal(Meeting.Silence, lab.Connect(8001));
        lab.WaitUntilLetIn(8001);
        Assert.Empty(lab.State().Rules);

        // The next change clears what is left of it.
        lab.Settle("block 9/tcp");
        Assert.DoesNotContain(
            "8001", lab.Server.Tool("nft", null, "list", "chain", "inet", "portolan", "prerouting"), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_changes_at_once_none_is_lost()
    {
        const int Count = 12;
        using var lab = new ChangeLab();
        var failures = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Count).Select(i => new TestThread("a change", () => Change(i))).ToList();
        threads.ForEach(t => t.Join());
        Assert.Empty(failures);
        var state = lab.State();
        Assert.Equal(Enumerable.Range(9000, Count), state.Rules.Select(r => (int)r.Scope.Ports.Ranges.First().First.Value).Order());
        Assert.Equal(Enumerable.Range(1, Count), state.Changes.Select(c => c.Number).Order());

        // All that fail are told, not the first alone.
        void Change(int index)
        {
            try
            {
                lab.Change(TimeSpan.FromSeconds(60), $"block {9000 + index}/tcp");
            }
            catch (Exception exception)
            {
                failures.Enqueue(exception);
            }
        }
    }

    [Fact]
    public void A_change_while_another_program_flushes_all_rules_is_made_as_a_whole_or_gone_as_a_whole()
    {
        using var lab = new ChangeLab();
        using var enough = new CancellationTokenSource();
        var flusher = new TestThread("who flushes the rules", () =>
        {
            while (!enough.IsCancellationRequested)
            {
                lab.Server.Nft("flush ruleset\ntable inet theirs {\nchain input {\ntype filter hook input priority 0\n}\n}\n");

                // A program that does nothing else all the time would not let anybody make a change.
                Thread.Sleep(100);
            }
        });
        try
        {
            for (var port = 9000; port < 9010; port++)
            {
                var made = lab.Change(TimeSpan.FromSeconds(60), $"block {port}/tcp", $"reject {port}/udp");
                Assert.True(made.IsApplied);
                var state = lab.State();
                Assert.Equal(state.Changes.SelectMany(c => c.Added).Order(), state.Rules.Select(r => r.Number).Order());
            }
        }
        finally
        {
            enough.Cancel();
            flusher.Join();
        }

        lab.Server.Nft("flush ruleset\n");
        Assert.True(lab.State().IsEmpty);
        lab.Settle("block 9/tcp");
        Assert.Equal(1, lab.State().Changes.Single().Number);
    }

    [Fact]
    public void A_dry_run_changes_nothing_and_nobody_elses_tables_are_touched()
    {
        using var lab = new ChangeLab();
        const string Others =
            "table inet theirs { chain input { type filter hook input priority 0; policy accept; tcp dport 1 drop\n}\n}\n";
        lab.Server.Nft(Others);
        var before = lab.Server.Tool("nft", null, "list", "ruleset");
        var shown = lab.Server.Run(
            () => ChangeLab.Changer().Apply(
                ChangeLab.Plan(Short, "block 8001"), static _ => { }, isDryRun: true, TestContext.Current.CancellationToken));
        Assert.False(shown.IsApplied);
        Assert.Equal(before, lab.Server.Tool("nft", null, "list", "ruleset"));
        lab.Settle("block 8001");
        Undo(lab, Short);
        lab.Confirm();
        Assert.Equal(before, lab.Server.Tool("nft", null, "list", "ruleset"));

        // The text of a dry run is what nft loads.
        lab.Server.Nft(shown.Change.Text);
        Assert.Equal(["block 8001"], lab.State().Rules.Select(r => r.Words));
    }

    private static void Undo(ChangeLab lab, TimeSpan within) => lab.Server.Run(() => ChangeLab.Changer().Apply(
        (OwnTable own, Portolan.Firewall.Rules.Ruleset _) =>
            RulePlanner.Undo(
                own.State, [own.State.Changes[^1]], new ChangeContext("test", DateTimeOffset.UtcNow, ChangeOrigin.Unknown, within)),
        static _ => { },
        isDryRun: false,
        TestContext.Current.CancellationToken));

#pragma warning disable CA1032, CA1064 // Thrown and caught here only.
    private sealed class ProgramEndedException : Exception;
#pragma warning restore CA1032, CA1064
}
