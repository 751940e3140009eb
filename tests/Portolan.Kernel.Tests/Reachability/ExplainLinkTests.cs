using System.Net;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Addresses and links that packets do not get over, whatever the rules say.</summary>
public sealed class ExplainLinkTests : ExplainLab
{
    private const string Duplicate = "2001:db8::7";

    [Fact]
    public void An_address_that_failed_duplicate_address_detection_is_not_reached()
    {
        Listen(IPAddress.IPv6Any, 8080);
        Pair.Target.Setting("net/ipv6/conf/eth0/accept_dad", "1");
        Pair.Scanner.Address("scan0", Duplicate + "/64");
        Pair.Target.Ip($"address add {Duplicate}/64 dev eth0");
        WaitFor("dadfailed");
        Pair.Scanner.Ip($"address del {Duplicate}/64 dev scan0");

        var explanation = Explain($"[{Duplicate}]:8080", "--from", "2001:db8::1");
        Assert.Equal(("unreachable", "route in"), (explanation.Verdict, explanation.Failed));
        Assert.Contains($"{Duplicate} on eth0 failed duplicate address detection", explanation.Headline, StringComparison.Ordinal);
        Assert.NotEqual("connects", Connect(8080, Duplicate));

        var others = Explain("8080", "-6");
        Assert.Equal(("reachable", "connects"), (others.Verdict, Connect(8080, "2001:db8::2")));
        Assert.Contains("failed duplicate address detection", others.Footnotes, StringComparison.Ordinal);
        LabConsole.Paste(Pair.Target, explanation);
        Pair.Target.Address("eth0", Duplicate + "/64");
        Assert.Equal("reachable", Explain($"[{Duplicate}]:8080", "--from", "2001:db8::1").Verdict);
        Assert.True(SpinWait.SpinUntil(() => Connect(8080, Duplicate) == "connects", TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_tentative_address_depends_on_time()
    {
        Listen(IPAddress.IPv6Any, 8080);
        Pair.Target.Setting("net/ipv6/conf/eth0/accept_dad", "1");
        Pair.Target.Setting("net/ipv6/conf/eth0/dad_transmits", "60");
        Pair.Target.Ip($"address add {Duplicate}/64 dev eth0");
        WaitFor("tentative");

        var explanation = Explain($"[{Duplicate}]:8080", "--from", "2001:db8::1");
        Assert.Equal(("depends", "route in"), (explanation.Verdict, explanation.Failed));
        Assert.StartsWith("DEPENDS ON time", explanation.Headline, StringComparison.Ordinal);
        Assert.NotEqual("connects", Connect(8080, Duplicate));
        Assert.Equal("reachable", Explain("8080", "-6").Verdict);
    }

    [Theory]
    [InlineData(Client)]
    [InlineData(Client + "%eth0")]
    public void Replies_that_leave_by_a_link_without_the_sender(string from)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "0");
        Pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "0");
        Side();
        Pair.Target.Ip($"route add {Client}/32 dev side");

        var explanation = Explain("8080", "--from", from);
        Assert.Equal(("depends", "neighbours"), (explanation.Verdict, explanation.Failed));
        Assert.Contains($"replies to {Client} leave on side without a gateway", explanation.Headline, StringComparison.Ordinal);
        Assert.NotEqual("connects", Connect(8080));
        Pair.Target.Ip($"route del {Client}/32 dev side");
        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", from).Verdict, Connect(8080)));
    }

    [Fact]
    public void A_neighbour_that_answered_on_the_link_of_the_route_is_there()
    {
        using var behind = new Support.LabHost();
        Support.LabHost.Connect(Pair.Target, "side", behind, "eth0");
        Pair.Target.Ip("address add 198.19.0.1/32 dev side");
        behind.Address("eth0", "198.18.0.77/32");
        behind.Ip("route add 198.19.0.1/32 dev eth0");
        behind.Ip($"route add {Server}/32 via 198.19.0.1");
        Pair.Target.Ip("route add 198.18.0.77/32 dev side");
        Pair.Target.ListenTcp(8080);

        Assert.Equal("connects", Attempt.Connect(behind, Server, 8080));
        Assert.Equal("reachable", Explain("8080", "--from", "198.18.0.77").Verdict);
    }

    [Fact]
    public void A_permanent_neighbour_entry_is_named()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Ip($"neighbour replace {Client} lladdr 02:00:00:00:00:99 dev eth0 nud permanent");

        var explanation = Explain("8080", "--from", Client);
        Assert.Equal(("depends", "neighbours"), (explanation.Verdict, explanation.Failed));
        Assert.Contains($"replies to {Client} go to 02:00:00:00:00:99 on eth0", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal("times-out", Connect(8080));
        LabConsole.Paste(Pair.Target, explanation);
        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", Client).Verdict, Connect(8080)));
    }

    private void Side()
    {
        Pair.Target.Ip("link add side type veth peer name side-far");
        Pair.Target.Ip("link set side up");
        Pair.Target.Ip("link set side-far up");
        Pair.Target.Address("side", "198.19.0.1/24");
    }

    private void WaitFor(string state) => Assert.True(
        SpinWait.SpinUntil(
            () => Pair.Target.Tool("ip", null, "-6", "address", "show", "dev", "eth0", state).Contains(
                Duplicate, StringComparison.Ordinal),
            TimeSpan.FromSeconds(20)));
}
