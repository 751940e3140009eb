namespace Portolan.Tests.Cli;

public sealed class ShellWordTests
{
    [Theory]
    [InlineData("INPUT", "INPUT")]
    [InlineData("2001:db8::/32", "2001:db8::/32")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("$(reboot)", "'$(reboot)'")]
    [InlineData("x;y`z`", "'x;y`z`'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("~root", "'~root'")]
    [InlineData("*", "'*'")]
    [InlineData("!!", "'!!'")]
    [InlineData("a\nb", null)]
    [InlineData("a\u001b[2Jb", null)]
    [InlineData("a\u202eb", null)]
    public void A_word_is_read_back_by_a_shell_as_it_was_or_not_written_at_all(string text, string? word) =>
        Assert.Equal(word, ShellWord.Of(text));
}
