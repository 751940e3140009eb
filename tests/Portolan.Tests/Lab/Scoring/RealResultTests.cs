using System.Text;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Model;
using static Portolan.Tests.Lab.LabStories;

namespace Portolan.Tests.Lab.Scoring;

/// <summary>Files that nmap, masscan and zmap wrote of two hosts in a network namespace.</summary>
public sealed class RealResultTests
{
    // What the recordings were made of.
    private static readonly LabTopology Same = Office(
        Host("198.18.0.10", Tcp("22,80", PortPolicy.Open)) with { Name = "web" },
        Host("198.18.0.11", Tcp("443", PortPolicy.Open)) with { Name = "tls" });

    private static readonly LabTopology Other = Office(
        Host("198.18.0.10", Tcp("22,25", PortPolicy.Open), Tcp("80", PortPolicy.Filtered)) with { Name = "web" },
        Host("198.18.0.11", Tcp("443", PortPolicy.Open)) with { Name = "tls" },
        Host("198.18.0.12", Tcp("80", PortPolicy.Open)) with { Name = "lost" });

    [Theory]
    [InlineData("nmap.xml", "nmap XML", 3, 303, 3)]
    [InlineData("nmap-open.xml", "nmap XML", 2, 202, 3)]
    [InlineData("masscan.oJ", "masscan JSON", 2, 6, 3)]
    [InlineData("masscan.oL", "masscan list", 2, 6, 3)]
    [InlineData("zmap.csv", "zmap CSV", 2, 2, 1)]
    public void A_true_result_has_full_marks(string file, string format, long hosts, long ports, long open)
    {
        var score = Score(Same, file);
        Assert.Equal((format, 1.0, 1.0, 0L, open), (score.Format, score.Precision, score.Recall, score.WrongStates, score.OpenFound));
        Assert.Equal((hosts, ports), (score.HostsJudged, score.PortsJudged));
        Assert.Empty(score.Hosts);
    }

    [Fact]
    public void Hosts_that_nmap_found_down_are_among_those_its_command_line_names()
    {
        var score = Score(Other, "nmap.xml");
        Assert.Equal((2L, 1L, 2L), (score.OpenFound, score.OpenFalse, score.OpenMissed));
        Assert.Equal(2.0 / 3, score.Precision);
        Assert.Equal(0.5, score.Recall);
        Assert.Equal(
            ["198.18.0.10 web 25: open/closed open (mute) on host web", "198.18.0.10 web 80: filtered/open filtered by host web",
                "198.18.0.12 lost 80: open/unknown open (mute) on host lost"],
            Wrong(score));
        Assert.Empty(score.Notes);
    }

    [Fact]
    public void A_list_of_open_ports_says_nothing_of_ports_it_does_not_name_until_they_are_given()
    {
        Assert.Equal(["198.18.0.10 web 80: filtered/open filtered by host web"], Wrong(Score(Other, "masscan.oL")));
        var score = Score(Other, "masscan.oL", new ScoreOptions { TcpPorts = PortSet.Parse("1-1000"), Targets = ["198.18.0.10-12"] });
        Assert.Equal((3L, 3000L, 2L, 1L, 2L), (score.HostsJudged, score.PortsJudged, score.OpenFound, score.OpenFalse, score.OpenMissed));
    }

    [Fact]
    public void A_column_of_addresses_needs_the_port()
    {
        var error = Assert.Throws<PortolanException>(() => Score(Same, "zmap.txt"));
        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Contains("--ports", error.Hint?.ToString(), StringComparison.Ordinal);
        var score = Score(Same, "zmap.txt", new ScoreOptions { TcpPorts = PortSet.Parse("80"), Targets = ["198.18.0.10/31"] });
        Assert.Equal((1L, 0L, 0L, 2L), (score.OpenFound, score.OpenMissed, score.WrongStates, score.HostsJudged));
    }

    [Fact]
    public void Masscans_older_ends_and_commas_are_read_too()
    {
        const string Result =
            """{   "ip": "198.18.0.10",   "timestamp": "1", "ports": [ {"port": 80, "proto": "tcp", "status": "open"} ] }""";
        foreach (var text in (string[])[
            $"[\n{Result},\n{{finished: 1}}\n]\n", $"[\n{Result},\n]\n", $"[\n{Result}\n,\n", $"{Result}\n", $"[{Result}]",
            $"[\n{Result.Replace(", ", ",\n", StringComparison.Ordinal)},\n]"])
        {
            var score = Score(Same, new MemoryStream(Encoding.UTF8.GetBytes(text)));
            Assert.Equal((1L, 0L), (score.OpenFound, score.WrongStates));
            Assert.DoesNotContain(score.Notes, note => note.Contains("line", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_result_that_changes_nothing_but_a_byte_is_read_or_refused_and_never_breaks()
    {
        var random = new Random(1);
        foreach (var file in (string[])["nmap.xml", "masscan.oJ", "masscan.oL", "zmap.csv", "zmap.txt"])
        {
            var bytes = File.ReadAllBytes(PathOf(file));
            for (var i = 0; i < 400; i++)
            {
                var broken = bytes[..random.Next(1, bytes.Length + 1)];
                for (var n = random.Next(4); n > 0; n--)
                {
                    broken[random.Next(broken.Length)] = (byte)random.Next(256);
                }

                try
                {
                    var score = Score(Other, new MemoryStream(broken));
                    Assert.InRange(score.Precision, 0, 1);
                    Assert.InRange(score.Recall, 0, 1);
                }
                catch (PortolanException exception)
                {
                    Assert.NotEmpty(exception.Message);
                }
            }
        }
    }

    private static IEnumerable<string> Wrong(LabScore score) =>
        score.Hosts.SelectMany(
            h => h.Wrong.Select(w => $"{h.Address} {h.Name} {w.Ports}: {w.Expected.Name()}/{w.Found.Name()} {w.Why}").Order(
                StringComparer.Ordinal));

    private static LabScore Score(LabTopology topology, string file, ScoreOptions? options = null)
    {
        using var stream = File.OpenRead(PathOf(file));
        return Score(topology, stream, options);
    }

    private static LabScore Score(LabTopology topology, Stream stream, ScoreOptions? options = null) =>
        LabScorer.Score(topology, stream, options ?? new ScoreOptions());

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Recordings", "lab", file);
}
