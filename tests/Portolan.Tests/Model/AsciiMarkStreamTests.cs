using System.Text;

namespace Portolan.Tests.Model;

public sealed class AsciiMarkStreamTests
{
    private static readonly Func<string, string?> Plain = static name => name == "LC_ALL" ? "C" : null;

    [Theory]
    [InlineData("vm · 3 listening", "vm - 3 listening")]
    [InlineData("127.0.0.1:5 → 127.0.0.1:6", "127.0.0.1:5 > 127.0.0.1:6")]
    [InlineData("✔ route\n✘ firewall\n– NAT\n", "+ route\nx firewall\n- NAT\n")]
    [InlineData("  │ ───▶ ◀── │", "  | ---> <-- |")]
    [InlineData("├─ a\n└─ b", "|- a\n`- b")]
    [InlineData("nginx ×3, 5 µs", "nginx x3, 5 us")]
    [InlineData("a long na… next", "a long na~ next")]
    [InlineData("one, two, …", "one, two, ...")]
    [InlineData("one, two, …, ten", "one, two, ..., ten")]
    [InlineData("café 名前 👍", "café 名前 👍")]
    public void Each_mark_becomes_the_letter_that_comes_closest_and_other_text_passes(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        // A buffer may end within a character.
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var inner = new MemoryStream();
            var stream = AsciiMarkStream.Over(inner, Plain);
            stream.Write(bytes.AsSpan(0, cut));
            stream.Write(bytes.AsSpan(cut));
            stream.Flush();
            Assert.Equal(expected, Encoding.UTF8.GetString(inner.ToArray()));
        }
    }

    [Fact]
    public void A_locale_with_utf_8_costs_nothing()
    {
        using var inner = new MemoryStream();

        Assert.Same(inner, AsciiMarkStream.Over(inner, static name => name == "LANG" ? "C.UTF-8" : null));
    }
}
