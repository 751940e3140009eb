using System.Text;
using Portolan.Cli.Live;
using Portolan.Cli.Output;
using Portolan.Sockets.Chart;
using Portolan.Tests.Cli.Live;

namespace Portolan.Tests.Cli.Screens;

/// <summary>The live screen at the sizes of real terminals.</summary>
public sealed class LiveScreenTests
{
    private static int RowsOf(int columns) => columns < 60 ? 12 : 24;

    [Fact]
    public void The_screen_fits_every_terminal() => Support.Screens.AssertReviewed("live", (width, ascii) => Draw(Busy(), width, ascii));

    [Fact]
    public void The_keys_are_explained() =>
        Support.Screens.AssertReviewed("live-keys", (width, ascii) => Draw(Busy().Press("?"), width, ascii));

    [Fact]
    public void A_filter_is_typed_below_the_rows() =>
        Support.Screens.AssertReviewed("live-filter", (width, ascii) => Draw(Busy().Press("/9090-1"), width, ascii));

    [Fact]
    public void The_first_screen_is_there_before_the_first_look()
    {
        var lines = LiveSamples.Draw(LiveSamples.Model(), 80, 24);
        Assert.Equal(["web-3", "reading ..."], lines.Take(2));
        Assert.Equal(24, lines.Count);
    }

    [Fact]
    public void Every_size_has_as_many_lines_as_the_terminal_and_none_wider()
    {
        var model = Busy().Press("jjj");
        foreach (var keys in new[] { "", "?", "x/nginx ünïcödé 日本語", "\r" })
        {
            model.Press(keys);
            for (var columns = 1; columns <= 210; columns += columns < 50 ? 1 : 9)
            {
                for (var rows = 1; rows < 40; rows += 3)
                {
                    var lines = LiveSamples.Draw(model, columns, rows);
                    Assert.Equal(rows, lines.Count);
                    Assert.All(lines, line => Assert.True(
                        DisplayWidth.Of(Encoding.UTF8.GetBytes(line)) <= columns, $"{columns}x{rows}: {line}"));
                }
            }
        }
    }

    [Fact]
    public void A_hostile_name_moves_no_cursor()
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(
            [ChartScreenTests.Row(22, "0.0.0.0", "a\u001b[2J\u202eb", 7, 0, "/\r\n", "x\u0007", PortExposure.Reachable, "\u009b2J")]));
        model.SetFilter("a\u001b");
        Assert.All(
            LiveSamples.Draw(model, 200, 24), static line => Assert.DoesNotContain(line.EnumerateRunes(), TerminalText.IsHostile));
    }

    [Fact]
    public void The_chosen_line_is_reversed_to_the_end_of_the_screen()
    {
        var line = LiveSamples.Draw(Busy(), 80, 24, color: true).Single(static l => l.Contains("> ", StringComparison.Ordinal));
        Assert.StartsWith("\u001b[7m> ", line, StringComparison.Ordinal);
        Assert.Equal(80 + "\u001b[7m\u001b[0m".Length, line.Length);
    }

    private static string Draw(LiveModel model, int width, bool ascii) => LiveSamples.Drawn(model, width, RowsOf(width), ascii);

    /// <summary>One port is gone, one is new, one has another process.</summary>
    private static LiveModel Busy()
    {
        var model = LiveSamples.Model();
        var rows = ChartScreenTests.Busy();
        var restarted = rows.ConvertAll(static row => row.Port.Value == 9090
            ? row with { Owner = row.Owner with { Processes = [row.Owner.Main! with { Pid = 30001 }] } } : row);
        model.Take(LiveSamples.Look(rows.FindAll(static row => row.Port.Value != 5000)));
        model.Take(LiveSamples.Look(restarted.FindAll(static row => row.Port.Value != 25), seconds: 3605));
        return model;
    }
}
