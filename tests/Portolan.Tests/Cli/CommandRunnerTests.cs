using Portolan.Linux;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class CommandRunnerTests
{
    [Theory]
    [InlineData("unknown command 'verison'; did you mean version?", "verison")]
    [InlineData("unknown command 'lsit'; did you mean list?", "lsit")]
    [InlineData("unknown command 'php'", "php")]
    [InlineData("unknown command '\\x1b[31m'", "\u001b[31m")]
    [InlineData("'99999': ports end at 65535", "99999")]
    [InlineData("unknown option '--colour' for portolan version; did you mean --color?", "version", "--colour")]
    [InlineData("unknown option '-Z' for portolan version", "version", "-Z")]
    [InlineData("unexpected word 'x'", "version", "x")]
    [InlineData("unexpected word '@x'", "version", "@x")]
    [InlineData("unexpected word '[x]'", "version", "[x]")]
    [InlineData("unexpected word '-x'", "version", "--", "-x")]
    [InlineData("option --json takes no value", "version", "--json=false")]
    [InlineData("--color must be auto, always or never", "version", "--color", "sometimes")]
    [InlineData("option --color needs a value", "version", "--color")]
    [InlineData("option --color needs a value, and '--json' looks like another option", "version", "--color", "--json")]
    public void A_wrong_word_is_named_on_stderr_and_exits_2(string message, params string[] args)
    {
        var console = new TestConsole();

        Assert.Equal(2, console.Run(args));

        Assert.Equal("", console.Output);
        Assert.StartsWith($"portolan: {message}\nhint: ", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("portolan -- php shows ports with that name", "php")]
    [InlineData("run portolan help", "-tulpZ")]
    [InlineData("run portolan help", "-v")]
    [InlineData("write ports as 8080, 8000-8100 or 80,443, with numbers from 1 to 65535", "99999")]
    public void What_belongs_behind_another_command_is_hinted_at(string hint, params string[] args)
    {
        var console = new TestConsole();

        Assert.Equal(2, console.Run(args));

        Assert.EndsWith($"\nhint: {hint}\n", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version", "--help")]
    [InlineData("version", "-h")]
    [InlineData("--help", "version")]
    [InlineData("help", "version")]
    public void Help_goes_to_stdout_with_the_examples_first(params string[] args)
    {
        var console = new TestConsole();

        Assert.Equal(0, console.Run(args));

        Assert.StartsWith("portolan version - ", console.Output, StringComparison.Ordinal);
        Assert.True(
            console.Output.IndexOf("Examples:", StringComparison.Ordinal) < console.Output.IndexOf("Usage:", StringComparison.Ordinal));
        Assert.Equal("", console.Error);
    }

    [Fact]
    public void Global_options_may_stand_before_the_command()
    {
        var console = new TestConsole();

        Assert.Equal(0, console.Run("--color", "never", "--json", "version"));

        Assert.Contains("\"schema\": \"portolan.version/1\"", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_privilege_exits_4_and_points_to_doctor()
    {
        var console =
            new TestConsole { Sockets = new FailingSource(() => new LinuxException(Errno.NotPermitted, "open a netlink socket")) };
        Assert.Equal(4, console.Run("list"));
        Assert.Equal("portolan: cannot open a netlink socket: Operation not permitted\nhint: portolan doctor shows what "
            + "this environment allows\n", console.Error);
    }

    [Fact]
    public void Another_refusal_of_the_kernel_exits_3()
    {
        var console = new TestConsole { Sockets = new FailingSource(() => new LinuxException(Errno.NoBufferSpace, "read sockets")) };
        Assert.Equal(3, console.Run("list"));
        Assert.Equal("portolan: cannot read sockets: No buffer space available\n", console.Error);
    }

    [Fact]
    public void An_error_for_the_person_shows_its_message_and_hint_with_hostile_text_made_visible()
    {
        var console = new TestConsole
        {
            Sockets = new FailingSource(
            () => new PortolanException("no \u001b[2J here", $"run {"\u202ethat"}", ExitCode.NothingFound))
        };
        Assert.Equal(1, console.Run("list"));
        Assert.Equal("portolan: no \\x1b[2J here\nhint: run $'\\342\\200\\256that'\n", console.Error);
    }

    [Fact]
    public void A_defect_is_one_line_and_its_trace_is_one_flag_away()
    {
        var console = new TestConsole { Sockets = new FailingSource(() => new InvalidOperationException("a defect")) };
        Assert.Equal(3, console.Run("list"));
        Assert.Equal("portolan: unexpected InvalidOperationException: a defect\nhint: this is a defect in Portolan; run again with "
            + "--debug for a stack trace\n", console.Error);

        var debugged = new TestConsole { Sockets = new FailingSource(() => new InvalidOperationException("a defect")) };
        Assert.Equal(3, debugged.Run("list", "--debug"));
        Assert.Contains("   at ", debugged.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hint:", debugged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_gone_is_success_and_says_nothing()
    {
        var console = new TestConsole { Sockets = new FailingSource(() => new BrokenPipeException("standard output")) };
        Assert.Equal(0, console.Run("list"));
        Assert.Equal("", console.Error);
    }

    private sealed class FailingSource(Func<Exception> failure) : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken) => throw failure();
    }
}
