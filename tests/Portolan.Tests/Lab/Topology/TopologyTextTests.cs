using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyTextTests
{
    private const string LongWords =
        """
        networks: { a-network-with-a-name-of-forty-letters-or-more: [198.18.0.0/24, 2001:db8:aaaa:bbbb::/64] }
        routers: { r: { networks: { a-network-with-a-name-of-forty-letters-or-more: 198.18.0.1 }, firewall: { rules: [ "drop tcp port 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49" ] } } }
        hosts:
          a-range-with-a-long-name:
            addresses: [ "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1000-2001:db8:aaaa:bbbb:cccc:dddd:eeee:2000" ]
            ports: { "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49": { service: http, text: a_text_that_has_no_space_in_it_and_is_longer_than_a_line_of_a_terminal_is_wide } }
        """;

    [Fact]
    public void A_topology_is_drawn_network_by_network() => Assert.Equal(
        """
        office: Two networks behind two routers
        3 networks, 2 routers, 93 hosts, seed 7, scenario two-browsers

        office  198.18.0.0/24  2001:db8:1::/64
        ├─ gateway  198.18.0.1, 2001:db8:1::1              router
        ├─ pc       198.18.0.10-198.18.0.99, 198.18.0.200  91 hosts
        └─ (you)    198.18.0.250                           where the command stands

        servers  198.18.1.0/24  2001:db8:2::/64  (2ms + up to 500us, 1% lost, 100Mbit/s, MTU 1400)
        ├─ gateway  198.18.1.1, 2001:db8:2::1    router
        └─ web      198.18.1.10, 2001:db8:2::10  www.example.com, freebsd, ephemeral ports 50000-50999, no ping, 5 ICMP errors a second

        far  198.18.2.0/24
        ├─ core   198.18.2.1  router
        └─ usual  198.18.2.9

        Links
           gateway ── core  (20ms, 2Mbit/s)
              udp 5004 priority 1
              tcp 25,80 priority 200

        Rules of gateway
           drop tcp from 198.18.0.0/24 to 198.18.1.0/24 port 23
           reject with admin-prohibited udp port 161
           allow from 198.18.0.0/24 to 198.18.1.0/24
           allow from 2001:db8:1::/64 to 2001:db8:2::/64
           allow tcp to 198.18.1.10 port 80,443
           allow tcp to 2001:db8:2::10 port 80,443
           reject with admin-prohibited the rest
           forward tcp 8080 to 198.18.1.10:80
           forward udp 5353 to [2001:db8:2::10]:53

        Ports of web
           80/tcp              { service: http, text: hello }
           22/tcp              daytime
           7/tcp               open
           443/tcp             filtered
           8000-8100,9000/tcp  closed
           161/udp             reject
           514/udp             reject with net-prohibited
           1000/tcp            { rate-limit: 100, with: tcp-reset }
           1001/tcp            { rate-limit: 10, with: host-unreachable }
           1002/tcp            { flapping: echo, period: 5s, open: 25% }
           1003/tcp            { tarpit: 10s }
           1004/tcp            { syn-proxy: { service: http, text: behind } }
           1005/tcp            syn-proxy
           1006/tcp            { knock: [7000, 8000, 9000], service: daytime, open-for: 60s }
           1007/tcp            { tarpit: 2s }
           1008/tcp            { proxy: "/run/web.sock" }
           1009/tcp            { exec: [cat, "-u", "it's: a word"] }
           other/tcp           filtered
           other/udp           reject with host-prohibited

        Ports of usual
           13/tcp  daytime
           80/tcp  http
           7/udp   echo

        """,
        Draw(Topologies.Read(Topologies.Everything)));

    [Fact]
    public void A_range_of_hosts_is_one_line_whatever_its_size() =>
        Assert.Equal(2, Draw(LabLibrary.Load("campus")).Split('\n').Count(l => l.Contains("student", StringComparison.Ordinal)));

    [Fact]
    public void Text_of_a_topology_cannot_move_the_cursor()
    {
        var topology = Topologies.Read(
            "description: \"red \\e[31m and \\u202e turned\"\nnetworks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { "
                + "80: { service: http, text: \"\\e]0;title\\a\" } } } }") with
        { Scenario = "\a" };

        var drawing = Draw(topology);

        Assert.DoesNotContain(drawing, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain('\u202e', drawing);
        Assert.Contains("red \\x1b[31m and \\u{202e} turned", drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_narrow_terminal_cells_and_rules_go_on_below() => Assert.Equal(
        """
        office: Two networks behind two routers
        3 networks, 2 routers, 93 hosts, seed 7, scenario
        two-browsers

        office  198.18.0.0/24  2001:db8:1::/64
        ├─ gateway 198.18.0.1,              router
        │          2001:db8:1::1
        ├─ pc      198.18.0.10-198.18.0.99, 91 hosts
        │          198.18.0.200
        └─ (you)   198.18.0.250             where the command stands

        servers 198.18.1.0/24 2001:db8:2::/64 (2ms + up to 500us, 1%
           lost, 100Mbit/s, MTU 1400)
        ├─ gateway 198.18.1.1,              router
        │          2001:db8:2::1
        └─ web     198.18.1.10,             www.example.com,
                   2001:db8:2::10           freebsd, ephemeral ports
                                            50000-50999, no ping, 5
                                            ICMP errors a second

        far  198.18.2.0/24
        ├─ core   198.18.2.1  router
        └─ usual  198.18.2.9

        Links
           gateway ── core  (20ms, 2Mbit/s)
              udp 5004 priority 1
              tcp 25,80 priority 200

        Rules of gateway
           drop tcp from 198.18.0.0/24 to 198.18.1.0/24 port 23
           reject with admin-prohibited udp port 161
           allow from 198.18.0.0/24 to 198.18.1.0/24
           allow from 2001:db8:1::/64 to 2001:db8:2::/64
           allow tcp to 198.18.1.10 port 80,443
           allow tcp to 2001:db8:2::10 port 80,443
           reject with admin-prohibited the rest
           forward tcp 8080 to 198.18.1.10:80
           forward udp 5353 to [2001:db8:2::10]:53

        Ports of web
           80/tcp             { service: http, text: hello }
           22/tcp             daytime
           7/tcp              open
           443/tcp            filtered
           8000-8100,9000/tcp closed
           161/udp            reject
           514/udp            reject with net-prohibited
           1000/tcp           { rate-limit: 100, with: tcp-reset }
           1001/tcp           { rate-limit: 10, with:
                              host-unreachable }
           1002/tcp           { flapping: echo, period: 5s, open:
                              25% }
           1003/tcp           { tarpit: 10s }
           1004/tcp           { syn-proxy: { service: http, text:
                              behind } }
           1005/tcp           syn-proxy
           1006/tcp           { knock: [7000, 8000, 9000], service:
                              daytime, open-for: 60s }
           1007/tcp           { tarpit: 2s }
           1008/tcp           { proxy: "/run/web.sock" }
           1009/tcp           { exec: [cat, "-u", "it's: a word"] }
           other/tcp          filtered
           other/udp          reject with host-prohibited

        Ports of usual
           13/tcp  daytime
           80/tcp  http
           7/udp   echo

        """,
        Draw(Topologies.Read(Topologies.Everything), 60));

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    public void No_line_is_wider_than_the_terminal_and_nothing_is_left_out(int columns)
    {
        var labs =
            LabLibrary.Names.Select(LabLibrary.Load).Append(Topologies.Read(Topologies.Everything)).Append(Topologies.Read(LongWords));

        Assert.All(labs, lab =>
        {
            var drawing = Draw(lab, columns);

            Assert.All(drawing.Split('\n'), line => Assert.True(line.Length <= columns, $"{line.Length} columns: {line}"));
            Assert.Equal(Letters(Draw(lab)), Letters(drawing));
        });
    }

    /// <summary>All but what draws the tree and the spaces; in any order, for cells of a row go on below beside each other.</summary>
    private static string Letters(string drawing) =>
        new([.. drawing.Where(static c => !" \n│├└─".Contains(c, StringComparison.Ordinal)).Order()]);

    private static string Draw(LabTopology topology, int? columns = null)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        TopologyText.Write(writer, topology, columns);
        return writer.ToString();
    }
}
