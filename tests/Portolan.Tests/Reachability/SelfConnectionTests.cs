using Portolan.Firewall.Changing;
using Portolan.Firewall.Host;
using Portolan.Model;
using Portolan.Reachability.Sessions;

namespace Portolan.Tests.Reachability;

/// <summary>Which connections are of the machine to itself.</summary>
public sealed class SelfConnectionTests
{
    [Theory]
    [InlineData("192.0.2.2", "192.0.2.1", false)]
    [InlineData("192.0.2.2", "192.0.2.2", true)]
    [InlineData("192.0.2.2", "198.51.100.1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("192.0.2.2", "127.9.9.9", true)]
    [InlineData("192.0.2.2", "203.0.113.9", true)]
    [InlineData("2001:db8::2", "2001:db8::1", false)]
    [InlineData("2001:db8::2", "::1", true)]
    [InlineData("fe80::a", "fe80::1", false)]
    [InlineData("fe80::b", "fe80::1", true)]
    public void An_address_of_a_link_is_the_machines_only_there(string local, string remote, bool isSelf)
    {
        var host = new HostFacts
        {
            Interfaces = [
                new HostInterface(1, "lo") { IsUp = true, IsLoopback = true }, new HostInterface(2, "eth0") { IsUp = true },
                new HostInterface(3, "br0") { IsUp = true }],
            Addresses = [
                Address(2, "192.0.2.2"), Address(3, "198.51.100.1"), Address(2, "2001:db8::2"), Address(2, "fe80::a"),
                Address(3, "fe80::b"), Address(3, "fe80::1")],
            Routes = [new HostRoute(255, Parse("203.0.113.0"), 24, HostRouteKind.Local, 0) { Interfaces = [1] }],
            PolicyRules = [new PolicyRule(true, 0, 255), new PolicyRule(true, 32766, 254), new PolicyRule(false, 0, 255)],
        };
        var connection = new ChangeOrigin(ChangeOriginKind.Network)
        {
            LocalAddress = Parse(local),
            LocalPort = 22,
            RemoteAddress = Parse(remote),
            RemotePort = 40000,
        };
        Assert.Equal(isSelf, SelfConnection.Is(connection, host));
    }

    private static HostAddress Address(int link, string text) => new(link, Parse(text), 24);

    private static InternetAddress Parse(string text)
    {
        Assert.True(InternetAddress.TryParse(text, out var address));
        return address;
    }
}
