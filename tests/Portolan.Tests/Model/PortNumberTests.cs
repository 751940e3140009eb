using Portolan.Model;

namespace Portolan.Tests.Model;

public sealed class PortNumberTests
{
    [Theory]
    [InlineData(0, PortCategory.System)]
    [InlineData(1023, PortCategory.System)]
    [InlineData(1024, PortCategory.User)]
    [InlineData(49151, PortCategory.User)]
    [InlineData(49152, PortCategory.Dynamic)]
    [InlineData(65535, PortCategory.Dynamic)]
    public void The_category_changes_where_RFC_6335_says(int port, PortCategory category)
        => Assert.Equal(category, new PortNumber((ushort)port).Category);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("443", 443)]
    [InlineData("65535", 65535)]
    [InlineData("00080", 80)]
    public void A_decimal_number_is_read(string text, int port)
    {
        Assert.True(PortNumber.TryParse(text, out var number));
        Assert.Equal(port, number.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("65536")]
    [InlineData("70000")]
    [InlineData("000080")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("0x50")]
    [InlineData("8e1")]
    public void Anything_else_is_refused(string text) => Assert.False(PortNumber.TryParse(text, out _));

    [Fact]
    public void A_range_holds_its_ends_and_refuses_to_run_backwards()
    {
        var range = new PortRange(new PortNumber(80), new PortNumber(90));
        Assert.Equal(11, range.Count);
        Assert.True(range.Contains(new PortNumber(80)) && range.Contains(new PortNumber(90)));
        Assert.False(range.Contains(new PortNumber(79)) || range.Contains(new PortNumber(91)));
        Assert.Throws<ArgumentException>(() => new PortRange(new PortNumber(90), new PortNumber(80)));
        Assert.Equal(65536, PortRange.All.Count);
    }
}
