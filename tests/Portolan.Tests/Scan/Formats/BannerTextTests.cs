using System.Text;
using Portolan.Scan.Formats;

namespace Portolan.Tests.Scan.Formats;

public sealed class BannerTextTests
{
    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.2p1")]
    [InlineData(" \t220 a\r\n220 b\r\n", @"220 a\x0D\x0A220 b")]
    [InlineData("\u001b[2J\u0007\u202e", @"\x1B[2J\x07\xE2\x80\xAE")]
    [InlineData(@"a\b", @"a\b")]
    [InlineData("\0 \u007f", @"\x00 \x7F")]
    [InlineData("", null)]
    [InlineData("\r\n \r\n", null)]
    public void Printable_ASCII_stays_and_any_other_byte_is_shown(string bytes, string? expected) =>
        Assert.Equal(expected, BannerText.Of(Encoding.UTF8.GetBytes(bytes)));

    [Fact]
    public void No_byte_makes_it_anything_but_printable_ASCII()
    {
        for (var one = 0; one < 256; one++)
        {
            Assert.All(BannerText.Of([(byte)'a', (byte)one, (byte)'b'])!, static shown => Assert.InRange(shown, ' ', '~'));
        }
    }
}
