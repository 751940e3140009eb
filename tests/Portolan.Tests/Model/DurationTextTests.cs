using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;

namespace Portolan.Tests.Model;

/// <summary>Durations are written the same way with every option.</summary>
public sealed class DurationTextTests
{
    [Theory]
    [InlineData("3", 3000)]
    [InlineData("0.5", 500)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("3s", 3000)]
    [InlineData("1.5s", 1500)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("6h", 21_600_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1m1.5s", 61_500)]
    public void A_duration_is_read(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration), text);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1,5s")]
    [InlineData("1.5h30m")]
    [InlineData("30m1h")]
    [InlineData("1s1s")]
    [InlineData("1m30")]
    [InlineData("1..5s")]
    [InlineData(".5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1y")]
    [InlineData("3651d")]
    [InlineData("99999999999999999999999999999999s")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _), text);

    [Fact]
    public void What_is_formatted_reads_back() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        static milliseconds => DurationText.TryParse(DurationText.Format((ulong)milliseconds), out var duration)
            && duration == TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void An_option_names_its_bounds_and_shows_what_fits_into_them()
    {
        var error = Assert.Throws<PortolanException>(
            static () => DurationText.Read("--timeout", "3 seconds", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)));
        Assert.Equal("--timeout takes a time from 100ms to 1m, e.g. 500ms or 30s, not '3 seconds'", error.Message);
        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Equal(
            "--for takes a time above zero, e.g. 500ms, 30s, 10m or 1h30m, not '0'",
            Assert.Throws<PortolanException>(static () => DurationText.Read("--for", "0")).Message);
    }
}
