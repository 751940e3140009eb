namespace Portolan.Tests.Model;

public sealed class ShellWordTests
{
    [Theory]
    [InlineData("eth0.100", "eth0.100")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$(id)`id`;\"", "'$(id)`id`;\"'")]
    [InlineData("a\u001b[31m'\\7", @"$'a\033[31m\047\1347'")]
    [InlineData("new\nline", @"$'new\012line'")]
    [InlineData("Straße", "'Straße'")]
    [InlineData("rtl\u202e", @"$'rtl\342\200\256'")]
    public void A_shell_takes_the_word_as_it_is(string text, string word) => Assert.Equal(word, ShellWord.Quote(text));

    [Theory]
    [InlineData("new.nft", "--rules new.nft")]
    [InlineData("--prove", "--rules=--prove")]
    [InlineData("-a b", "--rules='-a b'")]
    [InlineData("a;touch x", "--rules 'a;touch x'")]
    [InlineData("-", "--rules -")]
    public void A_value_is_not_read_as_another_option(string value, string words) =>
        Assert.Equal(words, ShellWord.Option("--rules", value));

    [Fact]
    public void A_terminal_shows_every_word_unchanged()
    {
        for (var value = 0; value < 0x3000; value++)
        {
            var word = ShellWord.Quote($"x{(char)value}y");
            Assert.Equal(word, TerminalText.Escape(word));
        }
    }
}
