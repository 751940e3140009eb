using System.Diagnostics;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>The lists of match recent, as the kernel prints them.</summary>
public sealed class RecentListTests
{
    private static readonly KernelTicks Now = new(4_300_000_000, 250);

    [Fact]
    public void An_entry_has_its_address_and_how_long_ago_each_packet_came()
    {
        var entry =
            Assert.Single(RecentList.Parse(["src=198.51.100.7 ttl: 64 last_seen: 4299999750 oldest_pkt: 2 4299975000, 4299999750"], Now));

        Assert.Equal(Address("198.51.100.7"), entry.Address);
        Assert.Equal([TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(1)], entry.Ages);
    }

    [Fact]
    public void Addresses_of_IPv6_are_read_too()
    {
        var entry = Assert.Single(RecentList.Parse(
            ["src=2001:0db8:0000:0000:0000:0000:0000:0007 ttl: 255 last_seen: 4300000000 oldest_pkt: 1 4300000000"], Now));

        Assert.Equal(Address("2001:db8::7"), entry.Address);
        Assert.Equal([TimeSpan.Zero], entry.Ages);
    }

    [Theory]
    [InlineData("")]
    [InlineData("src=")]
    [InlineData("src=nobody ttl: 64")]
    [InlineData("dst=198.51.100.7 ttl: 64 last_seen: 1 oldest_pkt: 1 1")]
    public void Other_lines_are_passed_over(string line) => Assert.Empty(RecentList.Parse([line], Now));

    [Fact]
    public void A_moment_that_is_no_number_does_not_count() =>
        Assert.Empty(
            Assert.Single(RecentList.Parse(["src=198.51.100.7 ttl: 64 last_seen: x oldest_pkt: 1 x, 99999999999999999999999"], Now)).Ages);

    [Fact]
    public void What_is_near_the_end_of_the_time_may_count_or_not()
    {
        var entry =
            new RecentEntry(Address("198.51.100.7"), [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(300)]);

        Assert.Equal((1, 2), entry.CountWithin(30));
        Assert.Equal((3, 3), entry.CountWithin(0));
    }

    [Fact]
    public void The_ticks_of_this_machine_advance_with_its_clock()
    {
        var ticks = KernelTicks.Read();
        var uptime = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

        Assert.InRange(ticks.Rate, 24u, 10_000u);
        Assert.InRange((ticks.Now - ((1UL << 32) - (300UL * ticks.Rate))) / (double)ticks.Rate, uptime - 60, uptime + 60);
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
