using Portolan.Cli.Live;
using Portolan.Tests.Cli.Screens;

namespace Portolan.Tests.Cli.Live;

/// <summary>The pane over the rows: its text, and the question before something changes.</summary>
public sealed class LivePaneTests
{
    [Fact]
    public void A_text_scrolls_and_never_beyond_its_ends()
    {
        var model = Opened(string.Join('\n', Enumerable.Range(1, 30)));
        Assert.Equal(["1", "2"], LiveSamples.Draw(model, 60, 12)[2..4]);
        Assert.Contains("1-9 of 30", LiveSamples.Draw(model, 60, 12)[0], StringComparison.Ordinal);

        model.Press("j ");
        Assert.Equal("11", LiveSamples.Draw(model, 60, 12)[2]);
        model.Press(LiveKey.End);
        Assert.Equal("22", LiveSamples.Draw(model, 60, 12)[2]);
        model.Press(LiveKey.PageDown);
        Assert.Equal("22", LiveSamples.Draw(model, 60, 12)[2]);
        model.Press(LiveKey.Home).Press(LiveKey.Up);
        Assert.Equal("1", LiveSamples.Draw(model, 60, 12)[2]);
    }

    [Fact]
    public void A_line_that_is_too_long_is_broken_and_keeps_its_words()
    {
        var model = Opened(
            "  reach  \u001b[32mreachable\u001b[0m from everywhere, says the firewall of this machine\n\u001b[1mshort\u001b[0m");
        Assert.Equal(
            ["  reach  reachable from everywhere, says", "    the firewall of this machine", "\u001b[1mshort\u001b[0m"],
            LiveSamples.Draw(model, 40, 12)[2..5]);
    }

    [Fact]
    public void Nothing_is_done_before_the_port_was_typed()
    {
        var model = Opened("8080/tcp is held by web 5");
        model.Pane!.Ask("8080");
        Assert.All("yY8\r", key => Assert.Equal(LiveAction.None, Press(model, $"{key}")));
        Assert.Contains(LiveSamples.Draw(model, 80, 24), static l => l == "'yY8' is not 8080: nothing was done");

        Assert.Equal(LiveAction.None, Press(model, "q"));
        Assert.Equal(LiveAction.None, Press(model, "\u007f8080"));
        Assert.Equal(LiveAction.Confirm, Press(model, "\r"));
        Assert.Equal(LiveAction.Close, model.Press(new KeyPress(LiveKey.Escape)));
    }

    [Fact]
    public void The_pane_fits_every_terminal() => Support.Screens.AssertReviewed("live-stop", static (width, ascii) =>
    {
        var model = Opened(
            "8080/tcp is held by node 29881 www-data /srv/shop/releases/2026-11-20\n  would send TERM to node (29881), KILL after 5 s");
        model.Pane!.Title = "portolan stop 8080/tcp --dry-run";
        model.Pane.Ask("8080", "'y' is not 8080: nothing was done");
        return LiveSamples.Drawn(model, width, width < 60 ? 12 : 24, ascii);
    });

    private static LiveModel Opened(string text)
    {
        var model = LiveSamples.Model();
        model.Take(LiveSamples.Look(ChartScreenTests.Busy()));
        model.Pane = new LivePane("portolan who 22/tcp");
        Assert.Contains("...", LiveSamples.Draw(model, 60, 12)[0], StringComparison.Ordinal);
        model.Pane.Show(text);
        return model;
    }

    private static LiveAction Press(LiveModel model, string typed)
    {
        var last = LiveAction.None;
        foreach (var key in new KeyReader().Add(System.Text.Encoding.UTF8.GetBytes(typed)))
        {
            last = model.Press(key);
        }

        return last;
    }
}
