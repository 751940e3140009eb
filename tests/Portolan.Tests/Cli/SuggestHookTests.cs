using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class SuggestHookTests
{
    [Theory]
    [InlineData("process", "[suggest:1]", "list", "pro")]
    [InlineData("established", "[suggest:2]", "list", "state", "est")]
    [InlineData("always", "[suggest:2]", "list", "--color", "al")]
    [InlineData("always", "[suggest:1]", "list", "--color=al")]
    [InlineData("always", "[suggest:3]", "list", "--color", "=", "al")]
    [InlineData("version", "[suggest:1]", "help", "ver")]
    [InlineData("firewall", "[suggest:1]", "help", "fire")]
    [InlineData("show", "[suggest:2]", "help", "firewall", "")]
    [InlineData("inet", "[suggest:3]", "firewall", "show", "--family", "i")]
    [InlineData("bash", "[suggest:1]", "completions")]
    public void The_words_that_may_follow_are_printed_with_their_meaning(string expected, params string[] args)
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run(args));
        Assert.Contains($"{expected}\t", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("zzz", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[suggest:9]", "list")]
    [InlineData("[suggest:x]", "list")]
    [InlineData("[suggest:-1]", "list")]
    public void A_call_that_counts_wrong_is_refused(params string[] args) => Assert.Equal(2, new TestConsole().Run(args));

    [Fact]
    public void An_unknown_command_has_no_words()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("[suggest:1]", "nonsense", ""));
        Assert.Equal("", console.Output);
    }
}
