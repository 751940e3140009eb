using System.Text;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyFaultTests
{
    private const string Network = "networks: { a: 198.18.0.0/24 }\n";

    [Theory]
    [InlineData("", "1:1: no topology is written here; the least is networks: { office: 198.18.0.0/24 }")]
    [InlineData("# only words\n", "1:1: no topology is written here; the least is networks: { office: 198.18.0.0/24 }")]
    [InlineData("hello", "1:1: a topology is a mapping, not one value")]
    [InlineData("- a\n- b\n", "1:1: a topology is a mapping, not a list")]
    [InlineData("networks: {}", "1:1: a topology has at least one network; write networks: { office: 198.18.0.0/24 }")]
    [InlineData("networks: [a]", "1:11: networks is a mapping from names, not a list; write networks: { office: 198.18.0.0/24 }")]
    [InlineData("netwroks: {}\n", "1:1: a topology has no key 'netwroks'; did you mean networks?")]
    [InlineData("networks:\n  a: 198.18.0.0/24\n---\nname: x", "3:1: a second document begins here; a file holds one document")]
    [InlineData("networks:\n\ta: 198.18.0.0/24\n", "2:1: indented with a tab; indent with spaces: YAML wants them")]
    [InlineData(
        "networks: { a: 198.18.0.0/24\n",
        "2:1: not YAML: while parsing a flow mapping, did not find expected ',' or '}'; is a } missing? The { of line "
            + "1, column 11 is not closed")]
    [InlineData(
        "networks:\n  a: 198.18.0.0/24\nhosts:\n  x: { address: 198.18.0.1, ports: [http }\n",
        "is a ] missing? The [ of line 4, column 36 is not closed")]
    [InlineData(
        "networks:\n  a: 198.18.0.0/24\nhosts:\n  x: { address: 198.18.0.1, ports: { 80: http }\n  y: 198.18.0.2\n",
        "is a } missing? The { of line 4, column 6 is not closed")]
    [InlineData(
        "networks: { a: 198.18.0.0/24 }\nscenario: two-browser", "2:11: no scenario is named 'two-browser'; did you mean two-browsers?")]
    [InlineData(
        "networks: { a: 198.18.0.0/24 }\nscenario: nothing-like-it",
        "2:11: no scenario is named 'nothing-like-it'; there are two-browsers, ")]
    [InlineData("networks: { a: &x { prefix: *x } }", "1:29: no anchor before this is named 'x'")]
    [InlineData("networks: !!set { a: 198.18.0.0/24 }", "1:11: tags are not used here; leave out tag:yaml.org,2002:set")]
    public void A_text_that_is_no_topology_is_refused(string text, string fault) => AssertFault(text, fault);

    [Theory]
    [InlineData("a: 198.18.0.0/24, a: 198.18.1.0/24", "1:31: 'a' is written twice; the first is on line 1")]
    [InlineData("a: 198.18.0.0/24, A: 198.18.1.0/24", "1:31: 'A' is a network already, on line 1; give each its own name")]
    [InlineData(
        "a_b: 198.18.0.0/24, -x: 198.18.1.0/24",
        "1:33: '-x' cannot be the name of a network; a name is 1 to 63 letters, digits and hyphens, with no hyphen at either end")]
    [InlineData("a: 198.18.0.7/24", "1:16: '198.18.0.7/24' has bits behind its length; did you mean 198.18.0.0/24?")]
    [InlineData("a: 198.18.0.0/33", "1:16: '198.18.0.0/33' is not a network; write it as 198.18.0.0/24 or 2001:db8::/64")]
    [InlineData("a: 198.18.0.0/7", "1:16: '198.18.0.0/7' has bits behind its length; did you mean 198.0.0.0/7?")]
    [InlineData("a: 198.0.0.0/7", "1:16: 198.0.0.0/7 cannot be a network; the length of IPv4 is /8 to /31")]
    [InlineData("a: 198.18.0.1", "1:16: the length of the network '198.18.0.1' is missing; e.g. 198.18.0.0/24")]
    [InlineData("a: 198.18.0.1/32", "1:16: 198.18.0.1/32 cannot be a network; the length of IPv4 is /8 to /31")]
    [InlineData("a: \"2001:db8::\"", "1:16: the length of the network '2001:db8::' is missing; e.g. 2001:db8::/64")]
    [InlineData(
        "a: 127.0.0.0/8", "1:16: 127.0.0.0/8 has no addresses for hosts; use 198.18.0.0/15 or 2001:db8::/32, or any other unicast network")]
    [InlineData(
        "a: 224.1.0.0/16",
        "1:16: 224.1.0.0/16 has no addresses for hosts; use 198.18.0.0/15 or 2001:db8::/32, or any other unicast network")]
    [InlineData("a: { }", "1:13: the network 'a' has no prefix; write prefix: 198.18.0.0/24, or prefix: [198.18.0.0/24, 2001:db8::/64]")]
    [InlineData("a: [198.18.0.0/24, 198.18.1.0/24]", "1:32: the network has two prefixes of IPv4; it has one of each family at most")]
    [InlineData(
        "a: 198.18.0.0/16, b: 198.18.4.0/24",
        "1:34: 198.18.4.0/24 and 198.18.0.0/16 of the network 'a' overlap; give each network addresses of its own")]
    [InlineData("a: { prefix: 198.18.0.0/24, latancy: 2ms }", "1:41: a network has no key 'latancy'; did you mean latency?")]
    [InlineData(
        "a: { prefix: 198.18.0.0/24, latency: 2 }",
        "1:50: latency is '2'; write a number with us, ms, s, m or h, from 0us to 24h, e.g. 20ms")]
    [InlineData(
        "a: { prefix: 198.18.0.0/24, latency: -2ms }",
        "1:50: latency is '-2ms'; write a number with us, ms, s, m or h, from 0us to 24h, e.g. 20ms")]
    [InlineData("a: { prefix: 198.18.0.0/24, loss: 1 }", "1:47: loss is '1'; write a percentage from 0% to 100%, e.g. 1.5%")]
    [InlineData("a: { prefix: 198.18.0.0/24, loss: 101% }", "1:47: loss is '101%'; write a percentage from 0% to 100%, e.g. 1.5%")]
    [InlineData(
        "a: { prefix: 198.18.0.0/24, bandwidth: 10Mbps }",
        "1:52: bandwidth is '10Mbps'; write a number with kbit, Mbit or Gbit, from 1kbit to 1000Gbit, e.g. 100Mbit")]
    [InlineData("a: { prefix: 198.18.0.0/24, mtu: 575 }", "1:46: mtu is '575'; it is a whole number from 576 to 65535")]
    [InlineData("a: { prefix: 2001:db8::/64, mtu: 1279 }", "1:46: mtu is '1279'; it is a whole number from 1280 to 65535")]
    [InlineData("a: { prefix: 198.18.0.0/24, mtu: [1500] }", "1:46: mtu wants one value, not a list")]
    public void Each_fault_of_a_network_has_its_place_and_its_remedy(string networks, string fault) =>
        AssertFault($"networks: {{ {networks} }}", fault);

    [Theory]
    [InlineData(
        "x: {}", "2:10: the host 'x' has no address; write address: 198.18.0.10, or addresses: 198.18.0.10-198.18.0.99 for a range")]
    [InlineData("x: 198.18.1.1", "2:13: 198.18.1.1 is in no network; add a network that has it to networks")]
    [InlineData("x: 198.18.0.0", "2:13: 198.18.0.0 is the address of the network itself; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData("x: 198.18.0.255", "2:13: 198.18.0.255 is the network's broadcast address; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData("x: 198.18.0.0/32", "2:13: 198.18.0.0 is the address of the network itself; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData(
        "x: 198.18.0.9/24",
        "2:13: '198.18.0.9/24' has bits behind its length; leave out /24 for one host; 198.18.0.0/24 is all hosts that it has")]
    [InlineData(
        "x: { address: 198.18.0.9/24 }",
        "2:24: '198.18.0.9/24' has bits behind its length; leave out /24 for one host; 198.18.0.0/24 is all hosts that it has")]
    [InlineData("x: 198.18.0.300", "2:13: '198.18.0.300' is not an address; write it as 198.18.0.1 or 2001:db8::1")]
    [InlineData("x: 198.18.0.9-198.18.0.3", "2:13: '198.18.0.9-198.18.0.3' is not a range; did you mean 198.18.0.3-198.18.0.9?")]
    [InlineData(
        "x: 198.18.0.9-198.18.1.3",
        "2:13: 198.18.0.9-198.18.1.3 is outside the network 'a', 198.18.0.0/24; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData(
        "x: { network: a, address: 2001:db8::1 }",
        "2:36: 2001:db8::1 is IPv6, of which the network 'a' has no prefix; add a prefix to the network, or leave the address out")]
    [InlineData("x: { network: b, address: 198.18.0.1 }", "2:24: no network is named 'b'; did you mean a?")]
    [InlineData(
        "x: { address: 198.18.0.1-198.18.0.4 }",
        "2:24: '198.18.0.1-198.18.0.4' is more than one address; write addresses: for a range of hosts")]
    [InlineData(
        "x: { address: 198.18.0.1, addresses: 198.18.0.2 }",
        "2:47: a host has address or addresses, not both; address is for one host, addresses for a range of hosts")]
    [InlineData("x: [198.18.0.1, 198.18.0.2]", "2:26: a host has one IPv4 address; write addresses: for a range of hosts")]
    [InlineData(
        "x: 198.18.0.1, y: 198.18.0.1",
        "2:28: the host 'x' has 198.18.0.1 already, on line 2; give each host and router addresses of its own")]
    [InlineData(
        "x: 198.18.0.1-198.18.0.9, y: 198.18.0.5-198.18.0.7, z: 198.18.0.8",
        "2:39: the host 'x' has 198.18.0.5-198.18.0.7 already, on line 2; give each host and router addresses of its own")]
    [InlineData(
        "x: 198.18.0.0/24, y: 198.18.0.0/28",
        "2:31: no address of this prefix is left; of overlapping prefixes write the smaller first, or leave this one out")]
    [InlineData(
        "x: 198.18.0.1-198.18.0.254",
        "1:1: the network 'a' has no address left for the command; name a free address with vantage, or shorten a range of hosts")]
    [InlineData("pc: 198.18.0.1-198.18.0.9, pc-9: 198.18.0.20", "2:37: 'pc-9' is a host of the range 'pc' already; give each its own name")]
    [InlineData("x: { address: 198.18.0.1, names: [x] }", "2:44: 'x' is a host already, on line 2; give each its own name")]
    [InlineData("x: { address: 198.18.0.1, names: a..b }", "2:43: 'a..b' cannot be a name of a host; write it as www.example.com")]
    [InlineData(
        "x: { address: 198.18.0.1, personality: solaris }",
        "2:49: no personality is named 'solaris'; there are linux, freebsd, windows, minimal")]
    [InlineData("x: { address: 198.18.0.1, ping: perhaps }", "2:42: ping is 'perhaps'; it is yes or no")]
    [InlineData("x: { address: 198.18.0.1, icmp-rate: 1.5 }", "2:47: icmp-rate is '1.5'; it is a whole number from 0 to 1000000")]
    [InlineData(
        "x: { address: 198.18.0.1, ephemeral-ports: \"50000,50002\" }",
        "2:53: '50000,50002' is not one range of ports; write it as FIRST-LAST: 50000-50999")]
    [InlineData(
        "x: { address: 198.18.0.1, ephemeral-ports: 0-9 }", "2:53: port 0 is reserved: nothing can listen on it; ports are 1 to 65535")]
    public void Each_fault_of_a_host_has_its_place_and_its_remedy(string hosts, string fault) =>
        AssertFault($"{Network}hosts: {{ {hosts} }}", fault);

    [Theory]
    [InlineData("{ 80: htp }", "3:13: no service or policy is named 'htp'; did you mean http?")]
    [InlineData("{ 80: http-alt }", "3:13: no service or policy is named 'http-alt'")]
    [InlineData("{ 80: { service: http, txt: hi } }", "3:30: the service http has no setting 'txt'; did you mean text?")]
    [InlineData("{ 80: { service: http, status: 99 } }", "3:38: status ")]
    [InlineData("{ 80/udp: http }", "3:17: the service http does not speak UDP; leave out /udp behind its port")]
    [InlineData("{ 80/sctp: open }", "3:12: no protocol of the lab is named 'sctp'; it is tcp or udp")]
    [InlineData("{ 0: open }", "3:9: port 0 is reserved: nothing can listen on it; ports are 1 to 65535")]
    [InlineData("{ 65536: open }", "3:9: ports end at 65535; write ports as 22,8000-8100, or by name")]
    [InlineData("{ htp: open }", "3:9: no service is named 'htp'; did you mean http?")]
    [InlineData("{ 80: open, 70-90: closed }", "3:19: 80 is named twice; name each port of a protocol once")]
    [InlineData("{ 80: open, http: closed }", "3:19: 80 is named twice; name each port of a protocol once")]
    [InlineData(
        "{ 80: [open] }",
        "3:13: a port is one value or a mapping, not a list; write open, closed, filtered, reject or the name of a service")]
    [InlineData("{ 80: reject with host-prohibitted }", "3:25: no error is named 'host-prohibitted'; did you mean host-prohibited?")]
    [InlineData("{ 80: reject host-prohibited }", "3:20: 'host-prohibited' is not understood here; write reject, or reject with ERROR")]
    [InlineData("{ 80: { rate-limit: 0 } }", "3:27: rate-limit is '0'; it is a whole number from 1 to 1000000")]
    [InlineData("{ 80: { flapping: open, open: 2 } }", "3:37: open is '2'; write a percentage from 0% to 100%, e.g. 1.5%")]
    [InlineData(
        "{ 80: { flapping: open, period: 0s } }",
        "3:39: period is '0s'; write a number with us, ms, s, m or h, from 1ms to 24h, e.g. 20ms")]
    [InlineData("{ 80/udp: tarpit }", "3:17: a tarpit is of TCP only; leave out /udp")]
    [InlineData("{ 80: { knock: [] } }", "3:13: knock names no port; write 1 to 16 ports, e.g. [7000, 8000, 9000]")]
    [InlineData(
        "{ 80: { knocking: [1] } }",
        "3:13: no key says what becomes of the port; one of its keys is knock, flapping, syn-proxy, tarpit, "
            + "rate-limit, proxy, exec, service")]
    [InlineData("{ 80/udp: { exec: [cat] } }", "3:17: a port that runs a program is of TCP only; leave out /udp")]
    [InlineData("{ 80/udp: { proxy: /run/x } }", "3:17: a proxy is of TCP only; leave out /udp")]
    [InlineData(
        "{ 80: { exec: [] } }",
        "3:21: a command has 1 to 64 words without NUL, its program first; write the program and its arguments, e.g. [cat]")]
    [InlineData(
        "{ 80: { exec: [\"\", x] } }",
        "3:21: a command has 1 to 64 words without NUL, its program first; write the program and its arguments, e.g. [cat]")]
    [InlineData(
        "{ 80: { proxy: \"\" } }",
        "3:22: the path of a Unix socket has 1 to 107 bytes; write the file of a Unix socket, e.g. /run/web.sock")]
    [InlineData("[80, 81]", "3:12: no service of the lab is usual on 81/tcp; write ports as a mapping, e.g. { 81: open }")]
    public void Each_fault_of_a_port_has_its_place_and_its_remedy(string ports, string fault) =>
        AssertFault($"{Network}hosts: {{ x: {{ address: 198.18.0.9, ports:\n      {ports} }} }}", fault);

    [Theory]
    [InlineData("{}", "4:3: the router 'r' is in no network; write networks: { office: 198.18.0.1 }; it answers from that address")]
    [InlineData("{ networks: { c: 198.18.0.1 } }", "4:20: no network is named 'c'; did you mean a?")]
    [InlineData(
        "{ networks: { a: 198.18.1.1 } }",
        "4:23: 198.18.1.1 is outside the network 'a', 198.18.0.0/24; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData(
        "{ networks: { a: 198.18.0.2 } }",
        "6:17: the router 'r' has 198.18.0.2 already, on line 4; give each host and router addresses of its own")]
    [InlineData("{ networks: { a: 198.18.0.1 }, firewall: { default: alow } }", "4:58: no action is named 'alow'; did you mean allow?")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, firewall: { rules: [drop from b port 80] } }",
        "4:69: a port belongs to a protocol; write tcp or udp behind the action")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, firewall: { rules: [drop from bb] } }", "4:67: no network or host is named 'bb'; did you mean b?")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, firewall: { rules: [\"drop from 2001:db8::/64 to b\"] } }",
        "4:57: no packet goes from one of these to the other; both ends are of one family")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, firewall: { rules: [drop icmp] } }",
        "4:62: a rule names tcp or udp, not icmp; leave it out: a rule without a protocol is about ICMP too")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, firewall: { rules: [drop sctp] } }",
        "4:62: 'sctp' is not understood here; a rule is ACTION [tcp|udp] [from NETWORK] [to NETWORK] [port PORTS]")]
    [InlineData("{ networks: { a: 198.18.0.1 }, forward: [tcp 80 to a:80] }", "4:57: 'a' is a network; a forward has one target host")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, forward: [tcp 80 to 203.0.113.1:80] }",
        "4:57: 203.0.113.1 is in no network; the target of a forward is a host of the lab")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, forward: [tcp 80 to x, tcp 80 to x:81] }",
        "4:60: 80/tcp is forwarded twice; a port of a router is forwarded to one host")]
    [InlineData(
        "{ networks: { a: 198.18.0.1 }, forward: [80 to x] }",
        "4:47: '80 to x' is not understood; a forward is tcp|udp PORT to HOST[:PORT]")]
    [InlineData("{ networks: { a: 198.18.0.1 }, forward: [tcp 80-90 to x] }", "4:51: '80-90' is more than one port")]
    public void Each_fault_of_a_router_has_its_place_and_its_remedy(string router, string fault) => AssertFault(
        $"networks: {{ a: 198.18.0.0/24, b: 198.18.1.0/24 }}\n\nrouters:\n  r: {router}\nhosts:\n  x: {{ address: 198.18.0.2 }}", fault);

    [Theory]
    [InlineData("vantage: b", "2:10: no network is named 'b'; did you mean a?")]
    [InlineData("vantage: 198.18.0.9/24", "2:10: '198.18.0.9/24' is not an address; leave out /24")]
    [InlineData("vantage: 203.0.113.1", "2:10: 203.0.113.1 is in no network; add a network that has it to networks")]
    [InlineData("vantage: { network: b }", "2:21: no network is named 'b'; did you mean a?")]
    [InlineData(
        "vantage: { network: a, address: 198.18.1.1 }",
        "2:33: 198.18.1.1 is outside the network 'a', 198.18.0.0/24; hosts have 198.18.0.1-198.18.0.254")]
    [InlineData("vantage: { net: a }", "2:12: the vantage has no key 'net'; there are network, address")]
    [InlineData("seed: 1.5", "2:7: seed is '1.5'; it is a whole number from 0 to 18446744073709551615")]
    [InlineData(
        "name: two words",
        "2:7: 'two words' cannot be the name of a topology; a name is 1 to 63 letters, digits and hyphens: it is the lab's domain too")]
    [InlineData("links: [{ between: [r] }]", "2:20: a link is between two routers; write between: [gateway, core]")]
    [InlineData(
        "routers: { r: { networks: { a: 198.18.0.1 } } }\nlinks: [{ between: [r, s] }]", "3:24: no router is named 's'; did you mean r?")]
    [InlineData(
        "routers: { r: { networks: { a: 198.18.0.1 } } }\nlinks: [{ between: [r, r] }]",
        "3:24: a link leads from a router to another; write between: [gateway, core]")]
    [InlineData("routers: { r: { networks: { a: 198.18.0.1 } }, s: { networks: { a: 198.18.0.2 } } }\nlinks: [{ between: [r, s] }, { "
        + "between: [s, r] }]", "3:30: 's' and 'r' have a link already; two routers have one link at most")]
    [InlineData("routers: { r: { networks: { a: 198.18.0.1 } }, s: { networks: { a: 198.18.0.2 } } }\nlinks: [{ between: [r, s], "
        + "bandwidth: 1Mbit, shaping: [udp 5004 first] }]", "3:65: the priority is missing; shaping is tcp|udp PORTS priority NUMBER")]
    public void Each_fault_elsewhere_has_its_place_and_its_remedy(string rest, string fault) => AssertFault(Network + rest, fault);

    [Fact]
    public void All_faults_of_a_text_are_told_at_once_in_order()
    {
        var reading = TopologyReader.Read(
            """
            sed: 7
            networks:
              a: 198.18.0.0/24
              b: { prefix: 198.18.1.1/24, mtu: many }
            hosts:
              x: { address: 198.18.0.1, ports: { 80: htpp, 443: clsed }, pong: yes }
              x: 198.18.0.2
              y: { network: c, address: 198.18.0.1 }
            """,
            "x");

        Assert.Null(reading.Topology);
        Assert.Equal(
            [(1, 1), (4, 16), (4, 36), (6, 42), (6, 53), (6, 62), (7, 3), (8, 17)], reading.Faults.Select(f => (f.Line, f.Column)));
    }

    [Fact]
    public void A_text_that_is_not_utf_8_is_refused_at_its_first_bad_byte() =>
        Assert.Equal(
            "2:7: not UTF-8; save the file as UTF-8", Assert.Single(TopologyReader.Read([.. "name: x\nseed: "u8, 0xff]).Faults).ToString());

    [Fact]
    public void A_huge_text_is_refused() =>
        Assert.StartsWith(
            "1:1: longer than 16 MiB", Assert.Single(TopologyReader.Read(new byte[TopologyReader.MaximumLength + 1]).Faults).ToString(),
            StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Equal(
            "1:17: nested too deep; 16 levels are the most",
            Assert.Single(TopologyReader.Read(new string('[', 1_000_000)).Faults).ToString());

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        var text = new StringBuilder("name: x\nl0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 20; i++)
        {
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"l{i}: &l{i} [{string.Join(", ", Enumerable.Repeat($"*l{i - 1}", 10))}]\n");
        }

        Assert.Contains(
            "more than 2000000 values", Assert.Single(TopologyReader.Read(text.ToString()).Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_aliases_are_refused() =>
        Assert.Contains(
            "too many aliases",
            Assert.Single(TopologyReader.Read($"a: &a x\nb: [{string.Join(", ", Enumerable.Repeat("*a", 1001))}]").Faults).ToString(),
            StringComparison.Ordinal);

    [Fact]
    public void Too_many_sets_of_ports_and_rules_are_refused()
    {
        var ports = string.Join(", ", Enumerable.Range(1, 20_001).Select(i => $"{i}: open"));
        Assert.Contains(
            "more than 20000 different sets of ports",
            Assert.Single(TopologyReader.Read($"{Network}hosts: {{ x: {{ address: 198.18.0.1, ports: {{ {ports} }} }} }}", "x").Faults)
                .ToString(),
            StringComparison.Ordinal);

        var rules = string.Join(", ", Enumerable.Range(1, 10_001).Select(i => $"drop tcp port {i}"));
        Assert.Contains(
            "more than 10,000 firewall rules",
            Assert.Single(
                TopologyReader.Read(
                    $"{Network}routers: {{ r: {{ networks: {{ a: 198.18.0.1 }}, firewall: {{ rules: [{rules}] }} }} }}", "x").Faults)
                    .ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Only_so_many_faults_are_kept()
    {
        var reading = TopologyReader.Read(
            "networks: { a: 198.18.0.0/24 }\nhosts: {" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $" h{i}: {{ adress: 1 }},"))
                + "}");

        Assert.Equal(501, reading.Faults.Count);
        Assert.Equal("there are more faults than are shown", reading.Faults[^1].Message);
    }

    private static void AssertFault(string text, string fault)
    {
        var reading = TopologyReader.Read(text, "x");
        var faults = string.Join('\n', reading.Faults.Where(f => !f.IsWarning));
        Assert.Null(reading.Topology);
        Assert.Contains(fault, faults, StringComparison.Ordinal);
    }
}
