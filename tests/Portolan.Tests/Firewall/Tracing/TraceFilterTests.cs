using Portolan.Firewall.Changing;
using Portolan.Firewall.Tracing;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Tracing;

/// <summary>Which packets a trace's rules match.</summary>
public sealed class TraceFilterTests
{
    [Fact]
    public void Everybody_is_one_rule_for_each_protocol()
        => Assert.Equal(2, new TraceFilter(new(80), [TransportProtocol.Tcp, TransportProtocol.Udp], AddressChoice.Any).Rules().Count);

    [Theory]
    [InlineData("192.0.2.1", 1)]
    [InlineData("192.0.2.0/24,2001:db8::/32", 2)]
    [InlineData("192.0.2.1-192.0.2.6", 4)]
    [InlineData("0.0.0.0-255.255.255.255", 1)]
    [InlineData("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1)]
    [InlineData("192.0.2.255-192.0.3.0", 2)]
    public void Addresses_become_the_fewest_prefixes(string text, int rules)
    {
        Assert.True(AddressChoice.TryParse(text, out var sources, out _));

        Assert.Equal(rules, new TraceFilter(new(80), [TransportProtocol.Tcp], sources).Rules().Count);
    }
}
