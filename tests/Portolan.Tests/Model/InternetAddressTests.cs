using Portolan.Model;

namespace Portolan.Tests.Model;

public sealed class InternetAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("198.51.100.7")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:db8:0:0:1::1", "2001:db8::1:0:0:1")]
    [InlineData("fe80::1:0:0:0")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("2001:DB8::A", "2001:db8::a")]
    public void Text_is_read_and_written_in_its_canonical_form(string text, string? canonical = null)
    {
        Assert.True(InternetAddress.TryParse(text, out var address));
        Assert.Equal(canonical ?? text, address.ToString());
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("256.1.1.1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("1..2.3")]
    [InlineData("1.2.3.4 ")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("10.0.0.0/8")]
    [InlineData("")]
    [InlineData("localhost")]
    public void What_is_not_an_address_is_refused(string text) => Assert.False(InternetAddress.TryParse(text, out _));
}
