using Portolan.Model;

namespace Portolan.Tests.Model;

public sealed class EphemeralRangeTests
{
    [Theory]
    [InlineData("32768\t60999\n", "\n", 28232)]
    [InlineData("32768 60999", "", 28232)]
    [InlineData("1024\t65535\n", "8080,9000-9010\n", 64500)]
    [InlineData("40000\t40000\n", "40000\n", 0)]
    [InlineData("40000\t40009\n", "22,40003-50000\n", 3)]
    public void The_kernels_texts_are_read(string range, string reserved, int count)
    {
        Assert.True(EphemeralRange.TryParse(range, reserved, out var ephemeral));
        Assert.Equal(count, ephemeral.Count);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("32768", "")]
    [InlineData("60999\t32768", "")]
    [InlineData("32768\t70000", "")]
    [InlineData("32768\t60999\t1", "")]
    [InlineData("-1\t60999", "")]
    [InlineData("32768\t60999", "x")]
    public void Other_texts_are_refused(string range, string reserved) => Assert.False(EphemeralRange.TryParse(range, reserved, out _));

    [Fact]
    public void Ports_in_use_count_when_the_kernel_could_have_given_them_out()
    {
        Assert.True(EphemeralRange.TryParse("40000\t40009", "40005", out var ephemeral));
        var inUse = PortSet.Parse("22,39999,40000,40001,40005,40009,40010");
        Assert.Equal(3, ephemeral.CountInUse(inUse));
        Assert.True(ephemeral.Contains(new PortNumber(40009)));
        Assert.False(ephemeral.Contains(new PortNumber(40005)));
        Assert.False(ephemeral.Contains(new PortNumber(40010)));
        Assert.Equal("40005", ephemeral.Reserved.ToString());
        Assert.Equal("40000-40009", ephemeral.ToString());
    }

    [Fact]
    public void It_is_not_Ianas_Dynamic_category()
    {
        Assert.True(EphemeralRange.TryParse("32768\t60999", "", out var ephemeral));
        Assert.True(ephemeral.Contains(new PortNumber(33000)));
        Assert.Equal(PortCategory.User, new PortNumber(33000).Category);
        Assert.False(ephemeral.Contains(new PortNumber(61000)));
        Assert.Equal(PortCategory.Dynamic, new PortNumber(61000).Category);
    }
}
