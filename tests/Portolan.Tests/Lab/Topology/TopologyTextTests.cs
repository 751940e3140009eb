using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyTextTests
{
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
        var topology = Topologies.Read("description: \"red \\e[31m and \\u202e turned\"\nnetworks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: { service: http, text: \"\\e]0;title\\a\" } } } }") with { Scenario = "\a" };

        var drawing = Draw(topology);

        Assert.DoesNotContain(drawing, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain('\u202e', drawing);
        Assert.Contains("red \\x1b[31m and \\u{202e} turned", drawing, StringComparison.Ordinal);
    }

    private static string Draw(LabTopology topology)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        TopologyText.Write(writer, topology);
        return writer.ToString();
    }
}
