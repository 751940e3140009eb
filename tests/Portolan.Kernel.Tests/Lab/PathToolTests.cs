using System.Text.RegularExpressions;
using System.Xml.Linq;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>ping and traceroute of Debian, from the kernel of a namespace, over routers of a lab.</summary>
public sealed partial class PathToolTests
{
    // The last two routers are joined by a link without addresses: the third answers from its first address.
    private const string Topology =
        """
        name: paths
        networks:
          desk: [198.18.0.0/24, 2001:db8:1::/64]
          middle: [198.18.1.0/24, 2001:db8:2::/64]
          servers: [198.18.2.0/24, 2001:db8:3::/64]
          far: [198.18.3.0/24, 2001:db8:4::/64]
        routers:
          first: { networks: { desk: [198.18.0.1, "2001:db8:1::1"], middle: [198.18.1.1, "2001:db8:2::1"] } }
          second:
            networks: { middle: [198.18.1.2, "2001:db8:2::2"], servers: [198.18.2.1, "2001:db8:3::1"] }
            firewall:
              rules:
                - reject with admin-prohibited to 198.18.2.64/28
                - reject with net-unreachable to 198.18.2.80/28
                - drop to 198.18.2.96/28
                - reject with admin-prohibited to 2001:db8:3::40/124
          third: { networks: { far: [198.18.3.1, "2001:db8:4::1"] } }
        links: [{ between: [second, third] }]
        hosts:
          near: { address: [198.18.0.10, "2001:db8:1::10"] }
          web: { address: [198.18.2.10, "2001:db8:3::10"], ports: { 80: open } }
          quiet: { address: [198.18.2.11, "2001:db8:3::11"], ping: no }
          guarded: 198.18.2.65
          cut: 198.18.2.81
          dropped: 198.18.2.97
          guarded6: "2001:db8:3::41"
          distant: { address: [198.18.3.10, "2001:db8:4::10"], ports: { 80: open } }
        vantage: { network: desk, address: [198.18.0.250, "2001:db8:1::fa"] }
        """;

    private static readonly string[] Path4 = ["198.18.0.1", "198.18.1.2", "198.18.3.1", "198.18.3.10"];

    private static readonly string[] Path6 = ["2001:db8:1::1", "2001:db8:2::2", "2001:db8:4::1", "2001:db8:4::10"];

    [Fact]
    public async Task Ping_is_answered_by_hosts_that_exist_and_unreachable_is_said_by_the_router_before_the_network()
    {
        await using var lab = Start();
        Assert.Multiple(
            () => AssertAnswered("198.18.0.10", hops: 0),
            () => AssertAnswered("198.18.2.10", hops: 2),
            () => AssertAnswered("198.18.3.10", hops: 3),
            () => AssertAnswered("2001:db8:1::10", hops: 0),
            () => AssertAnswered("2001:db8:4::10", hops: 3),
            () => AssertAnswered("198.18.3.1", hops: 2),
            () => AssertRefused("198.18.2.77", "198.18.1.2", "Packet filtered"),
            () => AssertRefused("198.18.2.99", null, ""),
            () => AssertRefused("198.18.2.200", "198.18.1.2", "Destination Host Unreachable"),
            () => AssertRefused("198.18.3.200", "198.18.3.1", "Destination Host Unreachable"),
            () => AssertRefused("198.18.2.65", "198.18.1.2", "Packet filtered"),
            () => AssertRefused("198.18.2.81", "198.18.1.2", "Destination Net Unreachable"),
            () => AssertRefused("198.18.2.97", null, ""),
            () => AssertRefused("198.18.2.11", null, ""),
            () => AssertRefused("198.18.0.77", null, ""),
            () => AssertRefused("2001:db8:3::77", "2001:db8:2::2", "Destination unreachable: Address unreachable"),
            () => AssertRefused("2001:db8:3::41", "2001:db8:2::2", "Destination unreachable: Administratively prohibited"),
            () => AssertRefused("2001:db8:3::11", null, ""));

        void AssertAnswered(string target, int hops)
        {
            var (output, error, exit) = lab.Host.Execute("/usr/bin/ping", null, "-n", "-c", "2", "-i", "0.1", "-W", "5", target);
            Assert.True(exit == 0, output + error);
            Assert.Contains($"64 bytes from {target}: icmp_seq=2 ttl={64 - hops}", output, StringComparison.Ordinal);
        }

        void AssertRefused(string target, string? router, string words)
        {
            var (output, _, exit) = lab.Host.Execute("/usr/bin/ping", null, "-n", "-c", "1", "-W", router is null ? "0.3" : "5", target);
            Assert.Equal(1, exit);
            Assert.Contains(" 0 received", output, StringComparison.Ordinal);
            var error = output.Split('\n').FirstOrDefault(static line => line.StartsWith("From ", StringComparison.Ordinal));
            Assert.Equal(router is null ? null : $"From {router} icmp_seq=1 {words}", error);
        }
    }

    [Theory]
    [InlineData("-U")]
    [InlineData("-I")]
    [InlineData("-T")]
    [InlineData("")]
    public async Task Traceroute_shows_each_router_in_order(string method)
    {
        await using var lab = Start();
        foreach (var path in (string[][])[Path4, Path6])
        {
            var output =
                lab.Host.Tool("traceroute", null, [.. method.Length == 0 ? (string[])[] : [method], "-n", "-q", "2", "-w", "5", path[^1]]);
            Assert.Equal(path, Hops().Matches(output).Select(static hop => hop.Groups[1].Value));
            Assert.DoesNotContain("*", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("198.18.2.200", "198.18.0.1", "198.18.1.2", "!H")]
    [InlineData("2001:db8:3::77", "2001:db8:1::1", "2001:db8:2::2", "!H")]
    [InlineData("198.18.2.65", "198.18.0.1", "198.18.1.2", "!X")]
    [InlineData("198.18.2.81", "198.18.0.1", "198.18.1.2", "!N")]
    [InlineData("2001:db8:3::41", "2001:db8:1::1", "2001:db8:2::2", "!X")]
    public async Task Traceroute_ends_at_the_router_that_refuses(string target, string first, string second, string mark)
    {
        await using var lab = Start();
        var output = lab.Host.Tool("traceroute", null, "-n", "-q", "1", "-w", "5", target);

        // The packet whose time is over there, then the one that is refused.
        Assert.Equal([first, second, second], Hops().Matches(output).Select(static hop => hop.Groups[1].Value));
        Assert.EndsWith(mark, output.TrimEnd(), StringComparison.Ordinal);
        Assert.Single(output.Split('\n'), static line => line.Contains('!', StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_traceroute_of_nmap_shows_the_same_routers()
    {
        await using var lab = Start();

        // nmap takes what is not behind a gateway for a neighbour, to which no path leads.
        lab.Host.Ip($"route replace 198.18.3.0/24 via {Path4[0]} dev lab0 onlink");
        lab.Host.Ip($"route replace 2001:db8:4::/64 via {Path6[0]} dev lab0 onlink");
        foreach (var path in (string[][])[Path4, Path6])
        {
            var xml = lab.Host.Tool(
                "nmap", null,
                [.. path == Path6 ? (string[])["-6"] : [], "-n", "-Pn", "-sS", "-p", "80", "--traceroute", "-oX", "-", path[^1]]);
            var hops = XDocument.Parse(xml, LoadOptions.None).Descendants("hop").Select(static hop => hop.Attribute("ipaddr")!.Value);
            Assert.Equal(path, hops);
        }
    }

    private static KernelLab Start() => KernelLab.Create(TopologyReader.Read(Topology, "paths").OrThrow("the topology"));

    [GeneratedRegex(@"^ *\d+ +(\S+) ", RegexOptions.Multiline)]
    private static partial Regex Hops();
}
