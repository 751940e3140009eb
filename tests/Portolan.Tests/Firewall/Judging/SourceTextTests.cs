using Portolan.Firewall.Judging;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>Sets of addresses as people write them.</summary>
public sealed class SourceTextTests
{
    private static readonly IntervalSet All = IntervalSet.All(32);

    [Fact]
    public void Everybody_is_anyone() => Assert.Equal("anyone", SourceText.Of(All, All, isIPv4: true, 4));

    [Fact]
    public void A_network_is_a_prefix() => Assert.Equal("203.0.113.0/28", SourceText.Of(IntervalSet.Prefix(0xcb007100, 28, 32), All, isIPv4: true, 4));

    [Fact]
    public void What_is_missing_is_told_where_that_is_shorter() =>
        Assert.Equal("anyone but 203.0.113.0/28", SourceText.Of(All.Except(IntervalSet.Prefix(0xcb007100, 28, 32)), All, isIPv4: true, 4));

    [Fact]
    public void What_would_be_many_prefixes_is_a_range() =>
        Assert.Equal(["203.0.113.1-203.0.113.30"], SourceText.Prefixes(IntervalSet.Of(0xcb007101, 0xcb00711e), isIPv4: true));

    [Fact]
    public void All_of_IPv6_is_one_prefix() => Assert.Equal(["::/0"], SourceText.Prefixes(IntervalSet.All(128), isIPv4: false));

    [Fact]
    public void What_is_too_much_is_counted()
    {
        var many = IntervalSet.From(Enumerable.Range(0, 9).Select(static i => new Interval((uint)i * 16, (uint)i * 16)));
        Assert.Equal("0.0.0.0, 0.0.0.16 and 7 more", SourceText.Of(many, All, isIPv4: true, 2));
    }
}
