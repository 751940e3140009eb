using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class CommandRunnerTests
{
    [Theory]
    [InlineData("unknown command 'verison'; did you mean version?", "verison")]
    [InlineData("unknown command 'frobnicate'", "frobnicate")]
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
    [InlineData("version", "--help")]
    [InlineData("version", "-h")]
    [InlineData("--help", "version")]
    [InlineData("help", "version")]
    public void Help_goes_to_stdout_with_the_examples_first(params string[] args)
    {
        var console = new TestConsole();

        Assert.Equal(0, console.Run(args));

        Assert.StartsWith("portolan version - ", console.Output, StringComparison.Ordinal);
        Assert.True(console.Output.IndexOf("Examples:", StringComparison.Ordinal) < console.Output.IndexOf("Usage:", StringComparison.Ordinal));
        Assert.Equal("", console.Error);
    }

    [Fact]
    public void Global_options_may_stand_before_the_command()
    {
        var console = new TestConsole();

        Assert.Equal(0, console.Run("--color", "never", "--json", "version"));

        Assert.Contains("\"schema\": \"portolan.version/1\"", console.Output, StringComparison.Ordinal);
    }
}
