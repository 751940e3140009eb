using System.Net;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Support;

/// <summary>The lab itself: what tests stand on must be known to hold.</summary>
public sealed class LabHostTests
{
    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void Two_hosts_on_a_cable_reach_each_other(string address)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Scanner.Run(() =>
        {
            using var client = new TcpClient(IPAddress.Parse(address).AddressFamily);
            client.Connect(IPAddress.Parse(address), 80);
            Assert.True(client.Connected);
        });
    }

    [Fact]
    public void A_host_has_no_route_out()
    {
        using var pair = LabPair.Create();
        var routes = pair.Scanner.Tool("ip", null, "route", "show", "default")
            + pair.Scanner.Tool("ip", null, "-6", "route", "show", "default");
        Assert.Empty(routes.Trim());
    }
}
