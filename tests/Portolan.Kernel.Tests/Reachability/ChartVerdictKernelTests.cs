using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>The verdicts of the chart, with rules that real managers made, against real clients.</summary>
public sealed class ChartVerdictKernelTests : IDisposable
{
    private readonly LabPair _pair = LabPair.Create();
    private Socket? _loopback;

    [Fact]
    public void A_port_that_ufw_denies_and_a_translation_publishes_is_reachable_and_said_so()
    {
        using var container = new LabHost();
        LabHost.Connect(_pair.Target, "docker0", container, "eth0");
        _pair.Target.Address("docker0", "198.18.9.1/24");
        container.Address("eth0", "198.18.9.2/24");
        container.Ip("route add default via 198.18.9.1");
        container.ListenTcp(5432);
        _pair.Target.Ip("route add default via 198.18.0.1");
        _pair.Target.ListenTcp(22, 5432, 8080);
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Run(() => Ufw.Run(
            """
            ufw allow 22/tcp && ufw deny 5432 && ufw allow from 198.18.0.1 to any port 9090 proto tcp && ufw --force enable
            iptables -t nat -N DOCKER
            iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            iptables -t nat -A DOCKER ! -i docker0 -p tcp --dport 5432 -j DNAT --to-destination 198.18.9.2:5432
            iptables -I FORWARD -o docker0 -d 198.18.9.2 -p tcp --dport 5432 -j ACCEPT
            iptables -I FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            """));

        var (_, chart, error) = LabConsole.Run(_pair.Target);

        Assert.DoesNotContain("firewall", error, StringComparison.Ordinal);
        Assert.Contains("ufw (iptables-nft) + Docker", chart.Split('\n')[0], StringComparison.Ordinal);
        Assert.True(GroupOf(chart, "22/tcp") == "REACHABLE", chart);
        Assert.Equal("BLOCKED", GroupOf(chart, "8080/tcp"));
        Assert.Contains(
            "! ufw denies 5432, but Docker forwards it to 198.18.9.2:5432 before INPUT: portolan explain 5432", chart,
            StringComparison.Ordinal);
        Assert.Equal("REACHABLE", GroupOf(chart, "5432/tcp"));
        Assert.Equal(
            ("connects", "connects", "times-out"),
            (Attempt.Connect(_pair.Scanner, "198.18.0.2", 22), Attempt.Connect(_pair.Scanner, "198.18.0.2", 5432),
                Attempt.Connect(_pair.Scanner, "198.18.0.2", 8080)));
        Assert.Contains(
            "sudo ufw allow from 198.18.0.1 to any port 8080 proto tcp",
            LabConsole.Explain(_pair.Target, "8080", "--from", "198.18.0.1").Fixes);
    }

    [Fact]
    public void A_port_forwarded_past_a_denial_for_one_network_alone_is_said_to_be_that_networks()
    {
        using var container = new LabHost();
        LabHost.Connect(_pair.Target, "podman0", container, "eth0");
        _pair.Target.Address("podman0", "198.18.9.1/24");
        container.Address("eth0", "198.18.9.2/24");
        container.Ip("route add default via 198.18.9.1");
        container.ListenTcp(5432);
        _pair.Target.Ip("route add default via 198.18.0.1");
        _pair.Target.ListenTcp(5432);
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Nft("""
            table ip engine {
              chain pre { type nat hook prerouting priority -100; fib daddr type local tcp dport 5432 dnat to 198.18.9.2:5432; }
              chain pass { type filter hook forward priority 0; policy drop; ct state established,related accept; ip saddr 198.18.9.0/24 accept; }
            }
            table inet fw { chain input { type filter hook input priority 0; policy drop; }; }
            """);

        Assert.Contains(
            " before INPUT, only from 198.18.9.0/24: portolan explain 5432", LabConsole.Run(_pair.Target).Output, StringComparison.Ordinal);
        Assert.Matches(
            "Note:  .* denies 5432, but .* forwards it to 198.18.9.2:5432 before INPUT, only from 198.18.9.0/24\n",
            LabConsole.Run(_pair.Target, "explain", "5432", "-4").Output);
        Assert.Equal("times-out", Attempt.Connect(_pair.Scanner, "198.18.0.2", 5432));
    }

    [Fact]
    public void A_port_open_to_a_tunnel_alone_is_open_to_the_network_behind_it()
    {
        _pair.Target.Ip("link add wg0 type veth peer name wg-far");
        _pair.Target.Ip("link set wg0 up");
        _pair.Target.Ip("link set wg-far up");
        _pair.Target.Address("wg0", "198.19.8.1/24");
        _pair.Target.Ip("route add default via 198.18.0.1");
        _pair.Target.ListenTcp(5432);
        _pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; "
            + "iifname wg0 tcp dport 5432 accept; }; }");

        var (_, chart, _) = LabConsole.Run(_pair.Target);

        Assert.Equal("LIMITED", GroupOf(chart, "5432/tcp"));
        Assert.Contains("198.19.8.0/24", chart, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_namespace_is_judged_by_its_own_rules()
    {
        using var other = new LabHost();
        LabHost.Connect(_pair.Target, "inner", other, "eth0");
        other.Address("eth0", "198.18.9.2/24");
        other.ListenTcp(17_071);
        other.Nft("table inet fw { chain input { type filter hook input priority 0; ip saddr != 198.18.9.1 drop; }; }");
        using var inhabitant = other.Start(Tool.Find("sleep"), "60");
        try
        {
            // A namespace is entered through one of its processes; a child of a test beside this one may be that process, and end before it
            // is.
            string? row = null;
            for (var look = 0; row is null && look < 5; look++)
            {
                var (_, chart, _) = LabConsole.Run(_pair.Target, "--all-namespaces");
                row = chart.Split('\n').SingleOrDefault(l => l.StartsWith("17071/tcp", StringComparison.Ordinal));
            }

            Assert.Contains("only 198.18.9.1", row, StringComparison.Ordinal);
        }
        finally
        {
            inhabitant.Kill();
        }
    }

    [Fact]
    public void A_port_sent_on_to_one_of_this_machine_where_nothing_listens_is_not_reachable()
    {
        _pair.Target.ListenTcp(8080, 8085);
        _pair.Target.Run(() => ListenOnLoopback(8091));
        _pair.Target.Nft(
            """
            table inet fw { chain n { type nat hook prerouting priority dstnat
              tcp dport 9001 dnat ip to 198.18.0.2:8098
              tcp dport 9002 redirect to :8099
              tcp dport 9003 redirect to :8080
              tcp dport 8085 redirect to :8098
              tcp dport 9004 redirect to :8091
              ip saddr 198.18.0.1 tcp dport 9005 redirect to :8080
            }; }
            """);

        var (_, chart, _) = LabConsole.Run(_pair.Target);

        Assert.Equal(
            ("BLOCKED", "BLOCKED", "REACHABLE", "BLOCKED", "BLOCKED", "LIMITED"),
            (GroupOf(chart, "9001/tcp"), GroupOf(chart, "9002/tcp"), GroupOf(chart, "9003/tcp"), GroupOf(chart, "8085/tcp"),
                GroupOf(chart, "9004/tcp"), GroupOf(chart, "9005/tcp")));
        Assert.Contains(
            "nothing listens", chart.Split('\n').Single(l => l.StartsWith("9001/tcp", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("redirects packets for this port to", chart, StringComparison.Ordinal);
        Assert.Equal(
            ("refused", "refused", "connects", "refused", "refused", "connects"),
            (Attempt.Connect(_pair.Scanner, "198.18.0.2", 9001), Attempt.Connect(_pair.Scanner, "198.18.0.2", 9002),
                Attempt.Connect(_pair.Scanner, "198.18.0.2", 9003),
             Attempt.Connect(_pair.Scanner, "198.18.0.2", 8085), Attempt.Connect(_pair.Scanner, "198.18.0.2", 9004),
             Attempt.Connect(_pair.Scanner, "198.18.0.2", 9005)));
    }

    public void Dispose()
    {
        _loopback?.Dispose();
        _pair.Dispose();
    }

    private void ListenOnLoopback(int port)
    {
        _loopback = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _loopback.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _loopback.Listen();
    }

    /// <summary>The heading that a port stands under.</summary>
    internal static string GroupOf(string chart, string port)
    {
        var group = "";
        foreach (var line in chart.Split('\n'))
        {
            if (line.StartsWith(port + " ", StringComparison.Ordinal))
            {
                return group;
            }

            group = line.Length > 0 && line.All(c => char.IsUpper(c) || c == ' ') ? line : group;
        }

        return $"not there: {chart}";
    }
}
