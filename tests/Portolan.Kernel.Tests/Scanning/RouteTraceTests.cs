using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Connecting;
using Portolan.Linux.Routing;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Kernel.Tests.Scanning;

/// <summary>Traces over real routers, whose truth the test has made.</summary>
public sealed class RouteTraceTests
{
    private static ScanSettings Settings => new() { Seed = 4711 };

    private static string Hops(HostTrace trace) => string.Join(' ', trace.Hops.Select(static hop => hop.Address?.ToString() ?? "*"));

    [Theory]
    [InlineData("198.18.4.2", "198.18.1.2 198.18.2.2 198.18.3.2 198.18.4.2")]
    [InlineData("2001:db8:4::2", "2001:db8:1::2 2001:db8:2::2 2001:db8:3::2 2001:db8:4::2")]
    public void All_hops_to_a_host_with_an_open_port_are_found_by_SYNs(string target, string hops)
    {
        using var lab = RouterLab.Create();
        lab.Target.ListenTcp(80);
        var trace = RecordedScan.Run(lab.Scanner, Settings, target, "79-80", tracesRoutes: true).Traces[RecordedScan.Address(target)];
        Assert.Equal(hops, Hops(trace));
        Assert.Equal("Syn 80", $"{trace.Probe.Method} {trace.Probe.Port}");
        Assert.True(trace.IsReached);
        Assert.All(trace.Hops, static hop => Assert.True(hop.RoundTrip > TimeSpan.Zero));
    }

    [Fact]
    public void Closed_UDP_ports_and_hosts_that_only_answer_pings_are_traced_too()
    {
        using var lab = RouterLab.Create();
        lab.Target.Nft("table inet f { chain in { type filter hook input priority 0; ip daddr 198.18.4.2 meta l4proto tcp drop; }\n}");
        var udp = RecordedScan.Run(
            lab.Scanner, Settings with { Tcp = TcpTechnique.None, Udp = true }, "198.18.4.2", "U:40000", tracesRoutes: true);
        Assert.Equal("198.18.1.2 198.18.2.2 198.18.3.2 198.18.4.2", Hops(udp.Traces[RecordedScan.Address("198.18.4.2")]));
        Assert.Equal(TraceMethod.Udp, udp.Traces[RecordedScan.Address("198.18.4.2")].Probe.Method);
        var echo =
            RecordedScan.Run(lab.Scanner, Settings, "198.18.4.2", "80", tracesRoutes: true).Traces[RecordedScan.Address("198.18.4.2")];
        Assert.Equal("198.18.1.2 198.18.2.2 198.18.3.2 198.18.4.2", Hops(echo));
        Assert.Equal(TraceMethod.Echo, echo.Probe.Method);
        Assert.Equal("80 198.18.3.2 198.18.4.2 Adjacent", Words(Assert.Single(echo.Filtered)));
    }

    [Fact]
    public void A_filtered_port_names_the_last_hop_that_its_probes_pass()
    {
        using var lab = RouterLab.Create();
        lab.Target.ListenTcp(80);

        // A router answers for a TTL that ends with it before its forward chain drops; a raw chain drops before.
        lab.Routers[1].Nft("table inet f { chain way { type filter hook forward priority 0; tcp dport 22 drop; tcp dport 25 reject with "
            + "icmpx admin-prohibited; }\n}");
        lab.Routers[2].Nft("table inet f { chain early { type filter hook prerouting priority -300; tcp dport 23 drop; }\n}");
        var trace = RecordedScan.Run(
            lab.Scanner, Settings, "198.18.4.2", "22-25 80", tracesRoutes: true).Traces[RecordedScan.Address("198.18.4.2")];
        Assert.Equal(
            ["22 198.18.2.2 198.18.3.2 Adjacent", "23 198.18.2.2 198.18.3.2 Adjacent", "25 198.18.2.2 - Named"],
            trace.Filtered.OrderBy(static filtered => filtered.Port.Port.Value).Select(Words));
    }

    [Fact]
    public void Silent_hops_make_it_less_certain_where_the_filter_stands()
    {
        using var lab = RouterLab.Create();
        lab.Target.ListenTcp(80);
        lab.Routers[1].Nft("table inet f { chain way { type filter hook forward priority 0; tcp dport 22 drop; }\nchain out { type filter "
            + "hook output priority 0; meta l4proto icmp drop; }\n}");
        lab.Routers[2].Nft("table inet f { chain out { type filter hook output priority 0; meta l4proto icmp drop; }\n}");
        var trace =
            RecordedScan.Run(lab.Scanner, Settings, "198.18.4.2", "22 80", tracesRoutes: true).Traces[RecordedScan.Address("198.18.4.2")];
        Assert.Equal("198.18.1.2 * * 198.18.4.2", Hops(trace));
        Assert.Equal("22 198.18.1.2 198.18.4.2 Between", Words(Assert.Single(trace.Filtered)));
    }

    [Fact]
    public void Where_no_probe_reaches_the_host_the_filter_s_place_is_unknown()
    {
        using var lab = RouterLab.Create();
        lab.Routers[1].Nft("table inet f { chain way { type filter hook forward priority 0; ip daddr 198.18.4.2 drop; }\n}");
        var settings = Settings with { Discovery = new DiscoverySettings { Skip = true } };
        var trace =
            RecordedScan.Run(lab.Scanner, settings, "198.18.4.2", "22", tracesRoutes: true).Traces[RecordedScan.Address("198.18.4.2")];
        Assert.False(trace.IsReached);
        Assert.Equal("198.18.1.2 198.18.2.2", Hops(trace));
        Assert.Equal("22 198.18.2.2 - Unknown", Words(Assert.Single(trace.Filtered)));
    }

    [Fact]
    public void Hosts_of_a_network_share_the_beginning_of_their_way_and_neighbours_have_one_hop()
    {
        using var lab = RouterLab.Create();
        var others = Enumerable.Range(3, 20).Select(static number => $"198.18.4.{number}").ToList();
        others.ForEach(address => lab.Target.Address("w", $"{address}/24"));
        var scan = RecordedScan.Run(lab.Scanner, Settings, $"198.18.4.2 {string.Join(' ', others)} 198.18.1.2", "80", tracesRoutes: true);
        Assert.All(
            others,
            address => Assert.Equal($"198.18.1.2 198.18.2.2 198.18.3.2 {address}", Hops(scan.Traces[RecordedScan.Address(address)])));
        var neighbour = scan.Traces[RecordedScan.Address("198.18.1.2")];
        Assert.Equal("198.18.1.2 None", $"{Hops(neighbour)} {neighbour.Probe.Method}");

        // Linux sends six ICMP errors at once to a receiver, and then one a second: were the first router asked for each host, many would
        // find it silent.
        Assert.DoesNotContain(scan.Traces.Values.SelectMany(static trace => trace.Hops), static hop => hop.Address is null);
    }

    [Theory]
    [InlineData("198.18.4.2", "198.18.1.2 198.18.2.2 198.18.3.2 198.18.4.2")]
    [InlineData("2001:db8:4::2", "2001:db8:1::2 2001:db8:2::2 2001:db8:3::2 2001:db8:4::2")]
    public void Connections_trace_without_packets_of_our_own(string target, string hops)
    {
        using var lab = RouterLab.Create();
        lab.Target.ListenTcp(80);
        lab.Routers[1].Nft("table inet f { chain way { type filter hook forward priority 0; tcp dport 22 drop; }\n}");
        var settings = Settings with { Tcp = TcpTechnique.Connect, Discovery = new DiscoverySettings { Skip = true } };
        var trace = lab.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            IConnector Open() => KernelConnector.Open(new KernelConnectorOptions { Shares = 2 }, TimeProvider.System);
            using var tracer = new ConnectTracer(Open, network, TimeProvider.System, settings);
            using var prober = new ConnectProber(Open, 1, settings, TimeProvider.System, new Portolan.Scan.Probes.Payloads.UdpPayloads(1));
            return RecordedScan.Run(prober, tracer, settings, target, "22 80");
        }).Traces[RecordedScan.Address(target)];
        Assert.Equal(hops, Hops(trace));
        Assert.Equal("Syn 80", $"{trace.Probe.Method} {trace.Probe.Port}");
        Assert.Equal(TraceCertainty.Adjacent, Assert.Single(trace.Filtered).Certainty);
        Assert.Equal(2, trace.Filtered[0].Last!.TimeToLive);
    }

    [Fact]
    public void The_hops_are_those_that_nmap_and_traceroute_find_and_the_text_is_nmaps()
    {
        var nmap = Tool.Find("nmap");
        var traceroute = Tool.Find("traceroute");
        using var lab = RouterLab.Create();
        lab.Target.ListenTcp(80);
        lab.Target.Address("w", "198.18.4.3/24");

        // A silent router in the middle.
        lab.Routers[1].Nft("table inet f { chain out { type filter hook output priority 0; meta l4proto icmp drop; }\n}");
        using var text = new MemoryStream();
        using var xml = new MemoryStream();
        var options = new ScanOutputOptions { Arguments = ["portolan"], Version = "1" };
        var scan = RecordedScan.Run(
            lab.Scanner, Settings, "198.18.4.2 198.18.4.3", "80", tracesRoutes: true,
            others: [new NormalWriter(text, options), new NmapXmlWriter(xml, options)]);
        var (theirs, error, exit) =
            lab.Scanner.Execute(nmap, null, "-n", "-sS", "--traceroute", "-p80", "-oX", "-", "198.18.4.2", "198.18.4.3");
        Assert.True(exit == 0, error);
        Assert.Equal(XmlHops(theirs), XmlHops(Encoding.UTF8.GetString(xml.ToArray())));

        (theirs, error, exit) = lab.Scanner.Execute(nmap, null, "-n", "-sS", "--traceroute", "-p80", "198.18.4.2", "198.18.4.3");
        Assert.True(exit == 0, error);
        Assert.Equal(TraceLines(theirs), TraceLines(Encoding.UTF8.GetString(text.ToArray())));

        (theirs, error,
            exit) = lab.Scanner.Execute(traceroute, null, "-n", "-q", "1", "-w", "1", "-N", "1", "-T", "-p", "80", "198.18.4.2");
        Assert.True(exit == 0, error);
        var addresses = theirs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(
            static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Assert.Equal(string.Join(' ', addresses), Hops(scan.Traces[RecordedScan.Address("198.18.4.2")]));
    }

    private static string Words(FilteredTrace filtered) => string.Create(
        CultureInfo.InvariantCulture,
        $"{filtered.Port.Port} {filtered.Last?.Address?.ToString() ?? "-"} {filtered.Next?.Address?.ToString() ?? "-"} "
            + $"{filtered.Certainty}");

    private static List<string> XmlHops(string xml) =>
    [
        .. XDocument.Parse(xml).Descendants("trace").Select(static trace =>
            $"{trace.Attribute("port")?.Value}/{trace.Attribute("proto")?.Value}: {string.Join(' ', trace.Elements("hop").Select(static hop => $"{hop.Attribute("ttl")?.Value}={hop.Attribute("ipaddr")?.Value}"))}"),
    ];

    // The lines of the tables, times left out: they decide where the last column begins.
    private static List<string> TraceLines(string text) =>
    [
        .. text.Split('\n')
            .SkipWhile(static line => !line.StartsWith("TRACEROUTE", StringComparison.Ordinal))
            .Where(
                static line =>
                    line.StartsWith("TRACEROUTE", StringComparison.Ordinal) || line.StartsWith("HOP ", StringComparison.Ordinal)
                        || line is [>= '0' and <= '9', ..] and not [_, _, '/', ..] or ['-', ' ', ..])
            .Where(static line => !line.Contains("/tcp ", StringComparison.Ordinal))
            .Select(
                static line =>
                    string.Join(
                        ' ',
                        line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(
                            static word => !word.Contains('.') || word.Count(c => c == '.') == 3 || word == "..."))),
    ];
}
