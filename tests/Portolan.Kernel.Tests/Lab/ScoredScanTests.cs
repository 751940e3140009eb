using System.Text;
using Portolan.Kernel.Tests.Transport;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>nmap, from the kernel of a namespace, over labs whose truth is known.</summary>
public sealed class ScoredScanTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    public async Task Nmap_finds_the_truth_of_two_hundred_ports_of_a_network(ulong seed)
    {
        var topology = GeneratedNetwork.Of(seed);
        await using var lab = KernelLab.Create(topology);
        var xml = lab.Host.Tool("nmap", null, "-n", "-sS", "-p", "1-200", "-T4", "-oX", "-", "198.18.0.0/24");

        var score = LabScorer.Score(topology, new MemoryStream(Encoding.UTF8.GetBytes(xml)), new ScoreOptions());

        Assert.True(score is { Precision: 1, Recall: 1, WrongStates: 0 }, Tell(score));
        Assert.Equal(0, lab.Network.OverflowCount);
    }

    [Fact]
    public async Task With_loss_nmap_has_the_same_score_as_over_the_same_hosts_of_a_kernel()
    {
        // Larger with PORTOLAN_LONG: nmap is slow where packets are lost.
        const int Loss = 5;
        var (hosts, ports) = TunLab.IsLong ? (60, 100) : (8, 40);
        var most = 2 + (hosts * ports / 500);
        var topology = GeneratedNetwork.Of(3, hosts, ports, Loss / 100.0);
        string[] scan = [
            "-n", "-Pn", "--send-ip", "-sS", "-p", $"1-{ports}", "-T4", "--initial-rtt-timeout", "100ms", "--max-rtt-timeout", "200ms",
            "-oX", "-", $"198.18.0.1-{hosts}"];
        await using var lab = KernelLab.Create(topology);
        using var kernel = KernelHosts.Create(topology, Loss);

        var overLab = Score(topology, lab.Host.Tool("nmap", null, scan));
        var overKernel = Score(topology, kernel.Scanner.Tool("nmap", null, scan));

        // What chance loses too often is the same of both: of 6,000 ports nmap gives up none to three, over the lab and over the kernel's
        // hosts.
        Assert.Equal((hosts * ports, hosts * ports), (overLab.PortsJudged, overKernel.PortsJudged));
        Assert.True(overLab.WrongStates <= most && overLab.Precision == 1, Tell(overLab));
        Assert.True(overKernel.WrongStates <= most && overKernel.Precision == 1, Tell(overKernel));
        Assert.Equal(0, lab.Network.OverflowCount);
    }

    [Fact]
    public async Task A_forwarded_port_of_a_router_leads_curl_to_the_server_behind_it()
    {
        static InternetAddress Address(string text) =>
            InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
        static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);
        var topology = new LabTopology
        {
            Name = "forward",
            Networks = [new NetworkSpec { Name = "a", Ipv4 = Prefix("198.18.0.0/24") }, new NetworkSpec
            {
                Name = "b",
                Ipv4 = Prefix("198.18.1.0/24"),
            }],
            Routers =
            [
                new RouterSpec
                {
                    Name = "r",
                    Ports = [new RouterPort("a", Address("198.18.0.1"), null), new RouterPort("b", Address("198.18.1.1"), null)],
                    Forwards = [new RouterForward(TransportProtocol.Tcp, new PortNumber(8080), Address("198.18.1.10"), new PortNumber(80))],
                },
            ],
            Hosts =
            [
                new HostSpec
                {
                    Name = "web",
                    Network = "b",
                    Addresses = [new AddressRange(Address("198.18.1.10"), Address("198.18.1.10"))],
                    Ports = [new PortRule(TransportProtocol.Tcp, PortSet.Parse("80"), new OpenPort(new ServiceSpec("http")))],
                },
            ],
            Vantage = new VantageSpec("a", Address("198.18.0.250"), null),
        };
        await using var lab = KernelLab.Create(topology);

        var page = lab.Host.Tool("curl", null, "-sS", "-m", "20", "http://198.18.0.1:8080/");

        Assert.Contains("<h1>web</h1>", page, StringComparison.Ordinal);
        Assert.Contains("server 198.18.1.10:80", page, StringComparison.Ordinal);
    }

    private static LabScore Score(LabTopology topology, string xml) =>
        LabScorer.Score(topology, new MemoryStream(Encoding.UTF8.GetBytes(xml)), new ScoreOptions());

    private static string Tell(LabScore score)
    {
        var text = new StringWriter();
        ScoreText.Write(score, "nmap", text);
        return text.ToString();
    }
}
