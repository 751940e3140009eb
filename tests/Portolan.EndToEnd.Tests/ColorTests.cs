using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

public sealed class ColorTests
{
    private const string Escape = "\u001b[";

    [Fact]
    public void Piped_output_has_no_colour_unless_it_is_asked_for()
    {
        Assert.DoesNotContain(Escape, PortolanProgram.Run("help").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains(Escape, PortolanProgram.Run("help", "--color", "always").Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xterm", null, "auto", true)]
    [InlineData("xterm", "1", "auto", false)]
    [InlineData("dumb", null, "auto", false)]
    [InlineData("xterm", null, "never", false)]
    [InlineData("dumb", "1", "always", true)]
    public void A_terminal_gets_colour_unless_the_environment_or_the_flag_says_no(string term, string? noColor, string color, bool expected)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TERM"] = term, ["NO_COLOR"] = noColor };
        var output = Terminal.Run(environment, "help", "--color", color).Expect(0).Output;
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Equal(expected, output.Contains(Escape, StringComparison.Ordinal));
    }
}
