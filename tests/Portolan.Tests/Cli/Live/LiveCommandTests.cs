using Portolan.Linux.Terminals;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Live;

/// <summary><c>portolan --watch</c> on a machine made by hand.</summary>
public sealed class LiveCommandTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static MachineBuilder Web() => new MachineBuilder().Process(5, "web").Listen("0.0.0.0:8080", 5);

    private static MachineConsole OnTerminal(MachineBuilder machine, ITerminalKeys keys, string term = "xterm")
    {
        var console = new MachineConsole(machine, isTerminal: true, width: 80, clock: new Later());
        console.Console.Environment["TERM"] = term;
        console.Console.Environment["NO_COLOR"] = "1";
        console.Console.Keys = keys;
        return console;
    }

    [Fact]
    public void A_screen_is_drawn_and_taken_away()
    {
        MachineConsole? console = null;
        using var machine = console = OnTerminal(Web(), new KeysInTurn((() => console!.Output.Contains("8080/tcp", Ordinal), "q")));

        Assert.Equal(0, machine.Run("--watch"));

        Assert.StartsWith("\u001b[?1049h\u001b[?25l", machine.Console.Output, Ordinal);
        Assert.EndsWith("\u001b[?25h\u001b[?1049l", machine.Console.Output, Ordinal);
        Assert.Equal("", machine.Error);
    }

    [Fact]
    public void A_look_that_changes_nothing_writes_one_line()
    {
        MachineConsole? console = null;
        var drawn = "";
        using var machine = console = OnTerminal(Web(), new KeysInTurn(
            (() => (drawn = console!.Console.Output).Contains("8080/tcp", Ordinal), "r"),
            (() => console!.Console.Output.Length > drawn.Length, "q")));

        Assert.Equal(0, machine.Run("--watch=1h", "8080"));

        var since = machine.Console.Output[drawn.Length..];
        Assert.StartsWith("\u001b[2;1H\u001b[2K12:00:0", since, Ordinal);
        Assert.Equal(1, since.Split("\u001b[2K").Length - 1);
        Assert.DoesNotContain("\u001b[1m", machine.Console.Output, Ordinal);
    }

    [Fact]
    public void Keys_open_what_the_commands_say_of_the_chosen_port()
    {
        MachineConsole? console = null;
        bool Shows(string words) => console!.Output.Contains(words, Ordinal);
        using var machine = console = OnTerminal(Web(), new KeysInTurn(
            (() => Shows("8080/tcp"), "\r"),
            (() => Shows("is held by web 5"), "\u001b"),
            (() => true, ""),
            (() => true, "e"),
            (() => Shows("portolan explain 8080/tcp"), "\u001b"),
            (() => true, ""),
            (() => true, "q")));

        Assert.Equal(0, machine.Run("--watch"));

        Assert.Contains("portolan who 8080/tcp", machine.Output, Ordinal);
        Assert.Equal("", machine.Error);
    }

    [Fact]
    public void A_stop_is_a_dry_run_until_the_port_is_typed()
    {
        MachineConsole? console = null;
        bool Shows(string words) => console!.Output.Contains(words, Ordinal);
        using var machine = console = OnTerminal(Web(), new KeysInTurn(
            (() => Shows("8080/tcp"), "s"),
            (() => Shows("type 8080 to do this"), "y\r"),
            (() => Shows("'y' is not 8080: nothing was done"), "\u001b"),
            (() => true, ""),
            (() => true, "q")));

        Assert.Equal(0, machine.Run("--watch"));

        Assert.Contains("would send TERM to web (5)", machine.Output, Ordinal);
        Assert.DoesNotContain("--yes", machine.Output, Ordinal);
    }

    [Fact]
    public void Stdout_that_is_no_terminal_and_one_without_a_cursor_are_refused()
    {
        using var piped = new MachineConsole(Web());
        Assert.Equal(2, piped.Run("--watch"));
        Assert.Equal(
            "portolan: --watch draws a screen, and stdout is not a terminal\n"
                + "hint: portolan watch prints changes as lines; portolan --watch --json is for programs\n",
            piped.Error);

        using var dumb = OnTerminal(Web(), new TypedKeys("q"), "dumb");
        Assert.Equal(2, dumb.Run("--watch"));
        Assert.Contains("TERM is dumb", dumb.Error, Ordinal);
    }

    [Theory]
    [InlineData("--watch=0", "--watch takes a time from 100ms to 1d")]
    [InlineData("--watch --identify", "--watch looks again and again")]
    [InlineData("--watch --store=/tmp/x.db", "--watch looks again and again")]
    [InlineData("--watch --at yesterday", "--at draws the whole stored chart")]
    [InlineData("--watch 80-1", "'80-1'")]
    public void What_makes_no_sense_is_an_error_before_anything_is_drawn(string words, string error)
    {
        using var machine = OnTerminal(Web(), new TypedKeys("q"));

        Assert.Equal(2, machine.Run(words.Split(' ')));

        Assert.Contains(error, machine.Error, Ordinal);
        Assert.Equal("", machine.Console.Output);
    }

    /// <summary>Each look is a second later.</summary>
    private sealed class Later : TimeProvider
    {
        private int _asked;

        public override DateTimeOffset GetUtcNow() => LiveSamples.Noon.AddSeconds(_asked++);
    }
}
