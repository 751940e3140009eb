using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Transport.Addressing;

namespace Portolan.Tests.Transport;

/// <summary>The examples of RFC 6724 section 10, and what must hold for any addresses.</summary>
public sealed class AddressSelectionTests
{
    private const int Outgoing = 1;
    private const int Other = 2;

    /// <summary>Section 10.1. Marks behind an address: d deprecated, h home, c care-of, t temporary, o on another interface.</summary>
    [Theory]
    [InlineData("2001:db8:1::1", "2001:db8:3::1 fe80::1", "2001:db8:3::1", SourceRule.Scope)]
    [InlineData("ff05::1", "2001:db8:3::1 fe80::1", "2001:db8:3::1", SourceRule.Scope)]
    [InlineData("2001:db8:1::1", "2001:db8:1::1/d 2001:db8:2::1", "2001:db8:1::1", SourceRule.SameAddress)]
    [InlineData("fe80::1", "fe80::2/d 2001:db8:1::1", "fe80::2", SourceRule.Scope)]
    [InlineData("2001:db8:1::1", "2001:db8:1::2 2001:db8:3::2", "2001:db8:1::2", SourceRule.LongestPrefix)]
    [InlineData("2001:db8:1::1", "2001:db8:1::2/c 2001:db8:3::2/h", "2001:db8:3::2", SourceRule.HomeAddress)]
    [InlineData(
        "2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8/t 2001:db8:1::2", "2002:c633:6401::d5e3:7953:13eb:22e8",
        SourceRule.Label)]
    [InlineData(
        "2001:db8:1::d5e3:0:0:1", "2001:db8:1::2 2001:db8:1::d5e3:7953:13eb:22e8/t", "2001:db8:1::d5e3:7953:13eb:22e8",
        SourceRule.Temporary)]
    [InlineData("2001:db8:1::1", "2001:db8:3::1/o 2001:db8:9::1", "2001:db8:9::1", SourceRule.OutgoingInterface)]
    [InlineData("2001:db8:1::1", "2001:db8:1::5/d 2001:db8:9::1", "2001:db8:9::1", SourceRule.NotDeprecated)]
    [InlineData("198.51.100.1", "169.254.1.1 192.0.2.1 2001:db8::1", "192.0.2.1", SourceRule.Scope)]
    public void The_source_is_the_one_of_the_RFC(string destination, string candidates, string expected, Enum rule)
    {
        SourceCandidate[] list = [.. candidates.Split(' ').Select(Candidate)];
        foreach (var order in (SourceCandidate[][])[list, [.. list.Reverse()]])
        {
            Assert.True(new SourceSelector(PolicyTable.Default).TrySelect(
                Address(destination), order, new OutgoingPath(Outgoing), out var chosen, out var decided));
            Assert.Equal((Address(expected), (SourceRule)rule), (chosen.Address, decided));
        }
    }

    [Fact]
    public void The_prefix_that_the_next_hop_advertised_is_preferred()
    {
        var (router, other) = (Address("fe80::1"), Address("fe80::2"));
        SourceCandidate[] list =
        [
            new(Address("2001:db8:1::5"), 64, Outgoing, AdvertisedBy: other),
            new(Address("2001:db8:9::5"), 64, Outgoing, AdvertisedBy: router),
        ];
        Assert.True(new SourceSelector(PolicyTable.Default).TrySelect(
            Address("2001:db8:1::1"), list, new OutgoingPath(Outgoing, router), out var chosen, out var rule));
        Assert.Equal((list[1], SourceRule.NextHopPrefix), (chosen, rule));
    }

    [Fact]
    public void Public_addresses_are_preferred_where_that_was_asked_for()
    {
        SourceCandidate[] list = [Candidate("2001:db8:1::2"), Candidate("2001:db8:1::d5e3:0:0:9/t")];
        Assert.True(new SourceSelector(PolicyTable.Default, prefersTemporary: false).TrySelect(
            Address("2001:db8:1::d5e3:0:0:1"), list, default, out var chosen, out _));
        Assert.Equal(list[0], chosen);
    }

    /// <summary>Section 5 rule 4 tells apart only these two cases.</summary>
    [Theory]
    [InlineData("2001:db8:1::2/hc 2001:db8:1::3/h", 0, SourceRule.HomeAddress)]
    [InlineData("2001:db8:1::2/c 2001:db8:1::3/h", 1, SourceRule.HomeAddress)]
    [InlineData("2001:db8:1::2 2001:db8:1::3/h", 0, SourceRule.None)]
    [InlineData("2001:db8:1::2/c 2001:db8:1::3", 0, SourceRule.None)]
    public void A_home_address_is_preferred_to_one_that_is_only_a_care_of_address(string candidates, int best, Enum rule)
    {
        SourceCandidate[] list = [.. candidates.Split(' ').Select(Candidate)];
        Assert.True(new SourceSelector(PolicyTable.Default).TrySelect(
            Address("2001:db8:1::1"), list, default, out var chosen, out var decided));
        Assert.Equal((list[best], (SourceRule)rule), (chosen, decided));
    }

    [Fact]
    public void No_address_of_the_family_is_no_source()
    {
        SourceCandidate[] list = [Candidate("192.0.2.1"), Candidate("ff02::1"), Candidate("::")];
        Assert.False(new SourceSelector(PolicyTable.Default).TrySelect(Address("2001:db8::1"), list, default, out _, out _));
    }

    /// <summary>Section 10.2: each destination with its source, in the order in which they end.</summary>
    [Theory]
    [InlineData("2001:db8:1::1>2001:db8:1::2 198.51.100.121>169.254.13.78")]
    [InlineData("198.51.100.121>198.51.100.117 2001:db8:1::1>fe80::1")]
    [InlineData("2001:db8:1::1>2001:db8:1::2 10.1.2.3>10.1.2.4")]
    [InlineData("fe80::1>fe80::2 2001:db8:1::1>2001:db8:1::2")]
    [InlineData("2001:db8:1::1>2001:db8:3::1/h fe80::1>fe80::2/c")]
    [InlineData("2001:db8:1::1>2001:db8:1::2 fe80::1>fe80::2/d")]
    [InlineData("2001:db8:1::1>2001:db8:1::2 2001:db8:3ffe::1>2001:db8:3f44::2")]
    [InlineData("2002:c633:6401::1>2002:c633:6401::2 2001:db8:1::1>fe80::2")]
    [InlineData("2001:db8:1::1>2001:db8:1::2 2002:c633:6401::1>2002:c633:6401::2")]
    [InlineData("2001:db8:1::1>2001:db8:1::2 2001:db8:2::1>-")]
    [InlineData("192.0.2.9>192.0.2.1 fc00::1>fd00::1")]
    public void Destinations_end_in_the_order_of_the_RFC(string ordered)
    {
        DestinationCandidate[] expected = [.. ordered.Split(' ').Select(static pair => pair.Split('>')).Select(
            static ends => new DestinationCandidate(Address(ends[0]), ends[1] == "-" ? null : Candidate(ends[1])))];
        foreach (var start in (DestinationCandidate[][])[expected, [.. expected.Reverse()]])
        {
            DestinationCandidate[] sorted = [.. start];
            new DestinationSorter(PolicyTable.Default).Sort(sorted);
            Assert.Equal(expected, sorted);
        }
    }

    [Fact]
    public void Native_transport_is_preferred_and_equals_keep_their_order()
    {
        var source = Candidate("2001:db8:1::2") with { PrefixLength = 0 };
        DestinationCandidate[] list = [
            new(Address("2001:db8:1::1"), source, IsNative: false), new(Address("2001:db8:7::1"), source),
            new(Address("2001:db8:8::1"), source)];
        DestinationCandidate[] sorted = [.. list];
        new DestinationSorter(PolicyTable.Default).Sort(sorted);
        Assert.Equal([list[1], list[2], list[0]], sorted);
    }

    /// <summary>Section 10.3: preferring IPv4 by configuration.</summary>
    [Fact]
    public void A_table_that_prefers_IPv4_turns_the_order()
    {
        var table = new PolicyTable(
            new(Address("::1"), 128, 50, 0), new(Address("::"), 0, 40, 1), new(Address("::ffff:0:0"), 96, 100, 4),
            new(Address("2002::"), 16, 30, 2));
        DestinationCandidate[] list = [
            new(Address("2001:db8:1::1"), Candidate("2001:db8:1::2")), new(Address("198.51.100.121"), Candidate("198.51.100.117"))];
        new DestinationSorter(table).Sort(list);
        Assert.True(list[0].Address.IsIPv4);
        new DestinationSorter(PolicyTable.Default).Sort(list);
        Assert.False(list[0].Address.IsIPv4);
    }

    [Theory]
    [InlineData("::1", 50, 0)]
    [InlineData("2001:db8::1", 40, 1)]
    [InlineData("192.0.2.1", 35, 4)]
    [InlineData("2002::1", 30, 2)]
    [InlineData("2001:0:1::1", 5, 5)]
    [InlineData("fd00::1", 3, 13)]
    [InlineData("::192.0.2.1", 1, 3)]
    [InlineData("fec0::1", 1, 11)]
    [InlineData("3ffe::1", 1, 12)]
    public void The_longest_prefix_of_the_table_counts(string address, int precedence, int label) =>
        Assert.Equal(
            (precedence, label), (PolicyTable.Default.PrecedenceOf(Address(address)), PolicyTable.Default.LabelOf(Address(address))));

    [Theory]
    [InlineData("127.0.0.1", AddressScope.LinkLocal)]
    [InlineData("169.254.1.1", AddressScope.LinkLocal)]
    [InlineData("10.0.0.1", AddressScope.Global)]
    [InlineData("::1", AddressScope.LinkLocal)]
    [InlineData("febf::1", AddressScope.LinkLocal)]
    [InlineData("fec0::1", AddressScope.SiteLocal)]
    [InlineData("fd00::1", AddressScope.Global)]
    [InlineData("ff02::1", AddressScope.LinkLocal)]
    [InlineData("ff35::1", AddressScope.SiteLocal)]
    [InlineData("ff0e::1", AddressScope.Global)]
    public void Every_address_has_a_scope(string address, Enum scope) =>
        Assert.Equal((AddressScope)scope, AddressScopes.ScopeOf(Address(address)));

    [Fact]
    public void Of_any_addresses_two_at_a_time_the_same_wins_in_either_order() => Fuzz.Run(3000, static (random, _) =>
    {
        string[] texts = [
            "2001:db8:1::1", "2001:db8:1::2", "2001:db8:9::1", "fe80::1", "fd00::1", "2002:c633::1", "fec0::1", "3ffe::1", "::1"];
        var destination = Address(texts[random.Next(texts.Length)]);
        SourceCandidate Any() => new(
            Address(texts[random.Next(texts.Length)]), 64, random.Next(1, 3), random.Next(3) == 0, random.Next(3) == 0, random.Next(4) == 0,
            random.Next(4) == 0);
        var (a, b) = (Any(), Any());
        var selector = new SourceSelector(PolicyTable.Default);
        Assert.True(selector.TrySelect(destination, [a, b], new OutgoingPath(1), out var first, out var rule));
        Assert.True(selector.TrySelect(destination, [b, a], new OutgoingPath(1), out var second, out var sameRule));
        Assert.Equal(rule, sameRule);
        Assert.True(first == second || rule == SourceRule.None);
    });

    private static SourceCandidate Candidate(string text)
    {
        var (marks, address) = text.Split('/') is [var plain, var behind] ? (behind, Address(plain)) : ("", Address(text));
        return new SourceCandidate(
            address, address.IsIPv4 ? 24 : 64, marks.Contains('o') ? Other : Outgoing, marks.Contains('d'), marks.Contains('t'),
            marks.Contains('h'), marks.Contains('c'));
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
