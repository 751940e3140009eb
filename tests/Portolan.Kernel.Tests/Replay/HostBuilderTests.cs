using Portolan.Firewall.Host;
using Portolan.Firewall.Replay.Rebuilding;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Replay;

/// <summary>A host's network rebuilt in a scratch namespace is the same when it is read back.</summary>
public sealed class HostBuilderTests
{
    [Fact]
    public void A_host_with_one_interface()
    {
        using var pair = LabPair.Create();
        AssertRebuilt(pair.Target);
    }

    [Fact]
    public void A_router_with_gateways_settings_groups_and_a_link_that_is_down()
    {
        using var pair = LabPair.Create();
        var host = pair.Target;
        using var other = new LabHost();
        LabHost.Connect(other, "up0", host, "wan-1.5");
        host.Ip("link add spare type veth peer name spare2");
        host.Ip("link set spare group 77");
        host.Address("wan-1.5", "203.0.113.1/24");
        host.Address("wan-1.5", "2001:db8:9::1/64");
        host.Address("eth0", "192.0.2.77/32");
        host.Ip("route add default via 203.0.113.254");
        host.Ip("-6 route add default via 2001:db8:9::ff metric 77");
        host.Ip("route add 198.51.100.0/25 via 198.18.0.1 metric 5 src 192.0.2.77");
        host.Ip("route add blackhole 198.51.100.128/26");
        host.Ip("route add unreachable 198.51.100.192/26 metric 9");
        host.Ip("-6 route add prohibit 2001:db8:77::/48");
        host.Ip("route add 192.0.2.128/25 nexthop via 203.0.113.2 nexthop via 198.18.0.9");
        host.Setting("net/ipv4/ip_forward", "1");
        host.Setting("net/ipv6/conf/all/forwarding", "1");
        host.Setting("net/ipv4/conf/eth0/rp_filter", "1");
        host.Setting("net/ipv4/conf/eth0/forwarding", "0");
        host.Setting("net/ipv4/conf/all/route_localnet", "1");
        host.Setting("net/ipv6/conf/spare/disable_ipv6", "1");
        host.Setting("net/ipv4/conf/lo/accept_local", "1");
        AssertRebuilt(host);
    }

    [Fact]
    public void Policy_routing_with_tables_marks_and_rules_turned_round()
    {
        using var pair = LabPair.Create();
        var host = pair.Target;
        host.Ip("route add default via 198.18.0.1 table 100");
        host.Ip("route add local 198.51.100.0/24 dev lo table 2000");
        host.Ip("-6 route add 2001:db8:5::/48 via 2001:db8::1 table 100");
        host.Ip("route add throw 203.0.113.0/24 table 100");
        host.Ip("rule add from 198.18.0.0/16 iif eth0 lookup 100 priority 50");
        host.Ip("rule add fwmark 0x10/0xff lookup 2000 priority 60");
        host.Ip("rule add not to 192.0.2.0/24 blackhole priority 70");
        host.Ip("rule add lookup main suppress_prefixlength 0 priority 80");
        host.Ip("rule add goto 32766 priority 90 oif eth0");
        host.Ip("rule add ipproto tcp dport 25 sport 1024-65534 tos 0x10 tun_id 5 prohibit priority 95");
        host.Ip("-6 rule add from 2001:db8::/32 lookup 100 priority 50");
        host.Ip("rule del lookup default");
        AssertRebuilt(host);
    }

    [Fact]
    public void What_cannot_be_rebuilt_is_told()
    {
        using var pair = LabPair.Create();
        pair.Target.Ip("rule add uidrange 1000-1001 lookup 100 priority 50");

        var difference = Assert.Single(Rebuild(pair.Target), static text => text.StartsWith("not rebuilt", StringComparison.Ordinal));

        Assert.Contains("policy rule 50: from all uidrange 1000-1001 lookup 100", difference, StringComparison.Ordinal);
    }

    private static void AssertRebuilt(LabHost host) => Assert.Empty(Rebuild(host));

    private static IReadOnlyList<string> Rebuild(LabHost host)
    {
        var facts = host.Run(() =>
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
            return HostFactsReader.Read(channel, "/proc", CancellationToken.None);
        });
        using var scratch = ReplayProgram.Start();
        return HostBuilder.Build(scratch, facts, TestContext.Current.CancellationToken);
    }
}
