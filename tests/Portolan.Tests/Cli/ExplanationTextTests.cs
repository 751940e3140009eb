using System.Text;
using Portolan.Cli.Explaining;
using Portolan.Reachability.Explaining;

namespace Portolan.Tests.Cli;

/// <summary>On a terminal sentences of <c>explain</c> are broken between words; commands stay whole.</summary>
public sealed class ExplanationTextTests
{
    private const string Rule =
        "inet fw input: no accept matched, policy drop, and one more long sentence about the rule that decides here";

    private static readonly Explanation Long = new()
    {
        Target = "8080/tcp",
        Verdict = ReachVerdict.Unreachable,
        Headline = "NO – packets are dropped; the client sees a timeout, and this headline is longer than eighty columns as well.",
        Steps = [new ExplanationStep("firewall", LayerResult.Fail, Rule) { IsProved = true, More = [$"nearest: {Rule}"] }],
        Footnotes = [$"a note: {Rule}"],
        Fixes =
        [
            $"sudo nft add rule inet fw input ip saddr 198.51.100.7 tcp dport 8080 accept comment \"a command that is "
                + $"longer than any terminal\"",
            $"# a remark for a person, which is longer than the terminal and may be broken between two words",
        ],
    };

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(132)]
    public void No_line_but_a_command_is_wider_than_the_terminal(int width)
    {
        var lines = Lines(width);

        Assert.All(lines, line => Assert.True(line.Length <= width || line.StartsWith("Fix:   sudo nft ", StringComparison.Ordinal), line));
        Assert.Contains(lines, line => line == $"Fix:   {Long.Fixes[0]}");
        Assert.Equal(
            string.Join(' ', Lines(null)).Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w != "#"),
            string.Join(' ', lines).Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w != "#"));
    }

    [Fact]
    public void Lines_go_on_below_their_first_word()
    {
        Assert.Equal(
            [
                " 1 firewall      ✘ inet fw input: no accept matched, policy drop, and one more",
                "                   long sentence about the rule that decides here   PROVED",
            ],
            Lines(80).SkipWhile(l => !l.Contains("firewall", StringComparison.Ordinal)).Take(2));
        Assert.Equal(
            ["       # a remark for a person, which is longer than the terminal and may be", "       # broken between two words"],
            Lines(80).Where(l => l.StartsWith("       #", StringComparison.Ordinal)));
    }

    [Fact]
    public void Elsewhere_than_on_a_terminal_each_is_one_line() => Assert.Equal(6, Lines(null).Count);

    private static List<string> Lines(int? width)
    {
        using var stream = new MemoryStream();
        var writer = new Utf8Writer(stream);
        new ExplanationText(writer, width, color: false).Write(Long);
        writer.Flush();
        return [.. Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n')];
    }
}
