using Portolan.Cli.Live;
using Portolan.Sockets.Chart;
using Portolan.Tests.Cli.Screens;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Live;

/// <summary>What keys and looks do to the rows of the live screen.</summary>
public sealed class LiveModelTests
{
    private static List<ChartRow> Rows(params ushort[] ports) => [.. ports.Select(port => Row(port))];

    private static ChartRow Row(ushort port, int pid = 0, PortExposure exposure = PortExposure.Reachable, int connections = 0) =>
        ChartScreenTests.Row(port, "0.0.0.0", $"p{port}", pid == 0 ? port : pid, 0, "/", "", exposure, "allow", connections);

    private static int[] Ports(LiveModel model) => [.. model.Rows.Select(static r => (int)r.Key.Port)];

    private static LiveMark[] Marks(LiveModel model) => [.. model.Rows.Select(static r => r.Mark)];

    [Fact]
    public void The_first_look_marks_nothing_and_chooses_the_first_row()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(80, 22)));

        Assert.Equal([22, 80], Ports(model));
        Assert.Equal([LiveMark.None, LiveMark.None], Marks(model));
        Assert.Equal(0, model.Selected);
    }

    [Fact]
    public void New_changed_and_gone_ports_are_marked_with_the_time_at_which_that_was_seen()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22, 80, 443)));
        model.Take(LiveSamples.Look([Row(22), Row(80, pid: 7), Row(8080)], seconds: 2));

        Assert.Equal([22, 80, 443, 8080], Ports(model));
        Assert.Equal([LiveMark.None, LiveMark.Changed, LiveMark.Gone, LiveMark.New], Marks(model));
        Assert.All(model.Rows.Skip(1), static row => Assert.Equal(LiveSamples.Noon.AddSeconds(2), row.Since));
    }

    [Fact]
    public void A_port_that_is_gone_stays_for_a_minute_and_other_marks_for_five()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22, 443)));
        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 2));
        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 61));
        Assert.Equal([22, 80, 443], Ports(model));

        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 62));
        Assert.Equal([22, 80], Ports(model));
        Assert.Equal([LiveMark.None, LiveMark.New], Marks(model));

        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 303));
        Assert.Equal([LiveMark.None, LiveMark.None], Marks(model));
    }

    [Fact]
    public void A_port_that_comes_back_is_new()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22, 80)));
        model.Take(LiveSamples.Look(Rows(22), seconds: 2));
        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 4));

        Assert.Equal([LiveMark.None, LiveMark.New], Marks(model));
    }

    [Fact]
    public void A_verdict_that_was_not_known_is_no_change()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look([Row(22, exposure: PortExposure.Unknown)]));
        model.Take(LiveSamples.Look([Row(22)], seconds: 2));
        Assert.Equal([LiveMark.None], Marks(model));

        model.Take(LiveSamples.Look([Row(22, exposure: PortExposure.Blocked)], seconds: 4));
        Assert.Equal([LiveMark.Changed], Marks(model));
    }

    [Fact]
    public void The_chosen_row_stays_on_its_line_while_rows_come_and_go_above_it()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows([.. Enumerable.Range(100, 20).Select(static n => (ushort)n)])));
        model.Fit(5);
        model.Press("jjjjjjj");
        model.Fit(5);
        var line = model.Selected - model.Top;
        Assert.Equal(107, model.Chosen!.Key.Port);

        model.Take(LiveSamples.Look(Rows([1, 2, 3, .. Enumerable.Range(100, 20).Select(static n => (ushort)n)]), seconds: 2));
        model.Fit(5);

        Assert.Equal(107, model.Chosen!.Key.Port);
        Assert.Equal(line, model.Selected - model.Top);
    }

    [Fact]
    public void Only_a_key_sorts_rows_whose_figures_change()
    {
        var model = LiveSamples.Model().Press("ooo");
        Assert.Equal(LiveOrder.Connections, model.Order);
        model.Take(LiveSamples.Look([Row(22, connections: 5), Row(80, connections: 9)]));
        Assert.Equal([80, 22], Ports(model));

        model.Take(LiveSamples.Look([Row(22, connections: 50), Row(80, connections: 9)], seconds: 2));
        Assert.Equal([80, 22], Ports(model));

        model.Press("ooooo");
        Assert.Equal(LiveOrder.Connections, model.Order);
        Assert.Equal([22, 80], Ports(model));
    }

    [Fact]
    public void The_filter_works_as_it_is_typed()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22, 80, 8080)));
        Assert.Equal([80], Ports(model.Press("/80")));
        Assert.Equal([80, 8080], Ports(model.Press("-")));
        Assert.Null(model.FilterProblem);
        Assert.Equal([80, 8080], Ports(model.Press("1")));
        Assert.NotNull(model.FilterProblem);
        Assert.Equal([80], Ports(model.Press("000")));
        Assert.Null(model.FilterProblem);

        Assert.Equal([80], Ports(model.Press(LiveKey.Enter)));
        Assert.False(model.IsTyping);
        Assert.Equal([22], Ports(model.Press("/").Press("\u007f\u007f\u007f\u007f\u007f\u007f\u007fp22")));
        Assert.Equal([80], Ports(model.Press(LiveKey.Escape)));
        Assert.Equal([22, 80, 8080], Ports(model.Press(LiveKey.Escape)));
    }

    [Fact]
    public void A_filter_that_is_wrong_at_its_end_falls_back_to_the_one_that_is_shown()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22, 80)));
        model.Press("/80-1").Press(LiveKey.Enter);

        Assert.Equal(("80-", null), (model.Filter, model.FilterProblem));
    }

    [Fact]
    public void The_filter_knows_the_language_of_list()
    {
        var machine = new MachineBuilder().Process(5, "web").Process(6, "db").Listen("0.0.0.0:80", 5).Listen("0.0.0.0:5432", 6)
            .Connection("192.0.2.1:80", "198.51.100.7:40000", pids: [5]).Facts;
        var model = LiveSamples.Model();
        var look = LiveSamples.Look(PortChart.Build(machine, everything: false).Rows) with { Facts = machine };
        model.Take(look);

        model.SetFilter("state established");
        Assert.Equal([80], Ports(model));
        model.SetFilter("process db or dst 203.0.113.0/24");
        Assert.Equal([5432], Ports(model));
        model.SetFilter("(not process db)");
        Assert.Equal([80], Ports(model));

        model.Take(look with { At = look.At.AddSeconds(2), Chart = look.Chart with { Rows = [] }, Facts = new MachineBuilder().Facts });
        Assert.Equal([LiveMark.Gone], Marks(model));
        model.Press("/x");
        Assert.NotNull(model.FilterProblem);
    }

    [Fact]
    public void Rates_are_what_the_connections_of_a_port_carried_between_two_looks()
    {
        var model = LiveSamples.Model();
        model.Take(Carried(0, 100, 1_000, isWithSecond: false));
        Assert.Null(model.Rates.Of(model.Rows[0]));

        model.Take(Carried(2, 2_100, 1_000, isWithSecond: true));

        var row = model.Rows.Single(static r => r.Key.Port == 80);
        Assert.Equal(new LiveRate(1_000 + 250, 0), model.Rates.Of(row));
        Assert.Null(model.Rates.Of(model.Rows.Single(static r => r.Key.Port == 53)));

        // A connection that is closed takes its bytes with it, and is no negative rate.
        model.Take(Carried(4, 2_100, 1_000, isWithSecond: false));
        Assert.Equal(new LiveRate(0, 0), model.Rates.Of(model.Rows.Single(static r => r.Key.Port == 80)));
    }

    private static LiveLook Carried(int seconds, ulong bytesIn, ulong bytesOut, bool isWithSecond)
    {
        var machine = new MachineBuilder().Process(5, "web").Listen("0.0.0.0:80", 5).Udp("0.0.0.0:53", 5)
            .Connection("192.0.2.1:80", "198.51.100.7:40000", bytesIn, bytesOut);
        var facts = (isWithSecond ? machine.Connection("192.0.2.1:80", "198.51.100.8:40000", 500) : machine).Facts;
        return LiveSamples.Look(PortChart.Build(facts, everything: false).Rows, seconds) with { Facts = facts };
    }

    [Fact]
    public void Looks_wait_while_it_is_paused_and_the_last_one_is_drawn_after_it()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22)));
        model.Press(" ");
        model.Take(LiveSamples.Look(Rows(22, 80), seconds: 2));
        model.Take(LiveSamples.Look(Rows(22, 443), seconds: 4));
        Assert.Equal([22], Ports(model));

        model.Press(" ");
        Assert.Equal([22, 443], Ports(model));
    }

    [Fact]
    public void Keys_of_the_screen_are_letters_of_the_filter_while_it_is_typed()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(Rows(22)));

        Assert.Equal(LiveAction.None, model.Press("/").Press(new KeyPress(LiveKey.Character, new System.Text.Rune('q'))));
        Assert.Equal("q", model.Filter);
        Assert.Equal(LiveAction.Quit, model.Press(LiveKey.Escape).Press(new KeyPress(LiveKey.Character, new System.Text.Rune('q'))));
    }

    [Fact]
    public void Two_owners_of_one_port_are_two_rows_from_look_to_look()
    {
        var model = LiveSamples.Model();
        ChartRow[] rows = [Row(80), Row(80) with { Owner = Row(81).Owner }, Row(80, pid: 9)];
        model.Take(LiveSamples.Look(rows));
        model.Take(LiveSamples.Look(rows, seconds: 2));

        Assert.Equal([80, 80, 80], Ports(model));
        Assert.All(Marks(model), static mark => Assert.Equal(LiveMark.None, mark));
    }

    [Fact]
    public void A_machine_on_which_nothing_listens_has_no_chosen_row()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look([]));
        model.Press("jk").Press(LiveKey.PageDown);

        Assert.Null(model.Chosen);
        Assert.Contains(LiveSamples.Draw(model, 80, 24), static line => line.Contains("nothing listens here", StringComparison.Ordinal));
    }
}
