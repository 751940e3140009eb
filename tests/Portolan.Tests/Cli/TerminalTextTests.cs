using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Portolan.Tests.Cli;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("nginx: worker", "nginx: worker")]
    [InlineData("\u001b[31mred", @"\x1b[31mred")]
    [InlineData("a\nb\tc\rd\0", @"a\x0ab\x09c\x0dd\x00")]
    [InlineData("\u007f\u0085\u009b2J", @"\x7f\x85\x9b2J")]
    [InlineData("evil\u202egnp.exe", @"evil\u{202e}gnp.exe")]
    [InlineData(
        "\u200e\u200f\u061c\u2066\u2069\u2028\u2029\ufeff\u200b",
        @"\u{200e}\u{200f}\u{61c}\u{2066}\u{2069}\u{2028}\u{2029}\u{feff}\u{200b}")]
    [InlineData("prüfung-测试-🚢", "prüfung-测试-🚢")]
    [InlineData("\udb40\udc41", @"\u{e0041}")]
    [InlineData("", "")]
    public void Hostile_characters_become_visible_and_the_rest_stays(string text, string shown)
    {
        Assert.Equal(shown, TerminalText.Escape(text));
        Assert.Equal(shown, EscapeUtf8(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void A_lone_surrogate_becomes_visible() => Assert.Equal(@"\u{d800}x", TerminalText.Escape("\ud800x"));

    [Fact]
    public void Invalid_utf8_shows_its_bytes() =>
        Assert.Equal(@"a\xffb\xc3(\xe2\x82", EscapeUtf8([(byte)'a', 0xff, (byte)'b', 0xc3, (byte)'(', 0xe2, 0x82]));

    [Fact]
    public void Clean_text_is_returned_as_it_is()
    {
        const string text = "/usr/sbin/sshd -D";
        Assert.Same(text, TerminalText.Escape(text));
    }

    [Fact]
    public void Nothing_hostile_survives_in_any_text() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<string>().Filter(s => s is not null),
        text => TerminalText.Escape(text).EnumerateRunes().All(r => !TerminalText.IsHostile(r) && r != Rune.ReplacementChar)));

    [Fact]
    public void Nothing_hostile_survives_in_any_bytes()
    {
        const int seed = 20;
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            var shown = EscapeUtf8(bytes);
            Assert.True(
                shown.EnumerateRunes().All(r => !TerminalText.IsHostile(r) && r != Rune.ReplacementChar),
                $"seed {seed}, round {round}: {Convert.ToHexString(bytes)}");
        }
    }

    private static string EscapeUtf8(ReadOnlySpan<byte> bytes)
    {
        var writer = new Utf8Writer();
        writer.WriteEscaped(bytes);
        return writer.ToString();
    }
}
