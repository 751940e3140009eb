using System.Text.Json;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Tests.Support;
using static Portolan.Tests.Lab.LabStories;

namespace Portolan.Tests.Lab.Truth;

/// <summary>The truth in the formats of a scan.</summary>
public sealed class TruthWriterTests
{
    private static readonly LabTopology Lab = Office(
        Host(
            "198.18.1.10", Tcp("80,443", PortPolicy.Open), Udp("53", PortPolicy.Filtered),
            Tcp("8080", new FlappingPort(ServiceSpec.Mute, TimeSpan.FromSeconds(1), 0.5))),
        Host("198.18.1.20-198.18.1.22", Tcp("22", PortPolicy.Open)) with { Name = "pc" },
        Host("198.18.1.30") with
        {
            Name = "hidden",
            AnswersPing = false,
            DefaultTcp = PortPolicy.Filtered,
            DefaultUdp = PortPolicy.Filtered,
        });

    [Trait("Quick", "no")]
    [Fact]
    public void Every_line_of_json_obeys_the_schema_of_a_scan()
    {
        var schema = JsonSchema.Parse(File.ReadAllText(Repository.PathOf("docs", "schema", "portolan.scan-1.json")));
        foreach (var topology in (LabTopology[])[Lab, .. Enumerable.Range(0, 20).Select(seed => RandomTopology.Of((ulong)seed))])
        {
            Assert.All(
                Json(topology, Options with { AllStates = true, TcpPorts = RandomTopology.Ports, UdpPorts = RandomTopology.Ports }),
                line => Assert.Empty(schema.Validate(line)));
        }
    }

    [Fact]
    public void Open_ports_are_told_with_the_names_of_their_hosts() => Assert.Equal(
        ["198.18.1.10 web 80", "198.18.1.10 web 443", "198.18.1.10 web 8080", "198.18.1.20 pc-1 22", "198.18.1.21 pc-2 22",
            "198.18.1.22 pc-3 22"],
        Json(Lab, Options with { Udp = false }).Where(l => Text(l, "event") == "port").Select(
            l => $"{Text(l, "address")} {Text(l, "hostname")} {l.GetProperty("port")}"));

    [Fact]
    public void Hosts_that_show_nothing_are_down() => Assert.Equal(
        ["198.18.0.1 up", "198.18.1.1 up", "198.18.1.10 up", "198.18.1.20 up", "198.18.1.21 up", "198.18.1.22 up", "198.18.1.30 down",
            "2001:db8::1 up", "2001:db8:1::1 up"],
        Json(Lab, Options).Where(l => Text(l, "event") == "host").Select(l => $"{Text(l, "address")} {Text(l, "status")}"));

    [Fact]
    public void What_changes_with_time_is_said_at_the_start() => Assert.Equal(
        "198.18.1.10 8080/tcp changes with time: open and closed by turns on host web",
        Json(Lab, Options)[0].GetProperty("notes").EnumerateArray().Single().GetString());

    [Trait("Quick", "no")]
    [Fact]
    public void Xml_reads_back_as_what_json_says()
    {
        foreach (var topology in (LabTopology[])[Lab, .. Enumerable.Range(0, 20).Select(seed => RandomTopology.Of((ulong)seed))])
        {
            using var xml = new MemoryStream();
            var options = Options with { AllStates = true, TcpPorts = RandomTopology.Ports, UdpPorts = RandomTopology.Ports };
            TruthWriter.WriteXml(topology, xml, options);
            xml.Position = 0;
            using var replayed = new MemoryStream();
            using (var writer = new JsonLinesWriter(replayed, new ScanOutputOptions
            {
                Arguments = ["portolan"],
                Version = "1",
                Verbosity = 1,
                AllStates = true,
            }))
            {
                Assert.True(new NmapXmlReader(xml, "truth.xml", [writer]).Replay(TestContext.Current.CancellationToken).IsComplete);
            }

            Assert.Equal(Ports(Json(topology, options)), Ports(Lines(replayed)));
        }
    }

    [Fact]
    public void A_connect_scan_has_handshakes_for_evidence() =>
        Assert.All(
            Json(Lab, Options with { Tcp = TcpTechnique.Connect }).Where(l => Text(l, "event") == "port" && Text(l, "state") == "open"),
            l => Assert.Equal("handshake", Text(l, "evidence")));

    [Fact]
    public void A_lab_too_large_to_write_is_refused_with_the_count()
    {
        var error = Assert.Throws<PortolanException>(() => TruthWriter.WriteJson(Lab, Stream.Null, Options with { MostHosts = 8 }));
        Assert.Equal("the lab has 9 addresses, and the truth is written for at most 8", error.Message);
    }

    [Fact]
    public void Sixty_five_thousand_hosts_are_judged_once()
    {
        var topology = Office() with
        {
            Networks = [Office().Networks[0], new NetworkSpec { Name = "servers", Ipv4 = Prefix("198.19.0.0/16") }],
            Routers = [Edge() with { Ports = [Edge().Ports[0], new RouterPort("servers", Address("198.19.255.254"), null)] }],
            Hosts = [Host("198.19.0.1-198.19.255.253", Tcp("80", PortPolicy.Open)) with { Name = "pc" }],
        };
        var counter = new Counter();
        TruthWriter.Tell(LabTruth.Create(topology), Options, counter);
        Assert.Equal((65_533, 65_536), (counter.Open, counter.Hosts));
    }

    private static List<string> Ports(IEnumerable<JsonElement> lines) =>
        [.. lines.Where(l => Text(l, "event") == "port")
            .Select(l => $"{Text(l, "address")} {l.GetProperty("port")}/{Text(l, "protocol")} {Text(l, "state")} {Text(l, "reason")}")
            .Order(StringComparer.Ordinal)];

    private static List<JsonElement> Json(LabTopology topology, TruthOptions options)
    {
        using var stream = new MemoryStream();
        TruthWriter.WriteJson(topology, stream, options);
        return Lines(stream);
    }

    private static List<JsonElement> Lines(MemoryStream stream) =>
        [.. System.Text.Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
            line => JsonDocument.Parse(line).RootElement)];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    private sealed class Counter : IScanObserver
    {
        public int Open { get; private set; }

        public int Hosts { get; private set; }

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Portolan.Scan.Targets.Target target, in PortResult port) => Open++;

        public void HostFinished(HostReport report) => Hosts++;

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }
}
