using System.Text;
using System.Text.Json;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Tests.Support;
using static Portolan.Tests.Lab.LabStories;

namespace Portolan.Tests.Lab.Scoring;

/// <summary>Results judged by the truth.</summary>
[Trait("Quick", "no")]
public sealed class LabScorerTests
{
    private static readonly LabTopology Lab = Office(
        Host(
            "198.18.1.10", Tcp("80,443", PortPolicy.Open), Tcp("25", PortPolicy.Filtered),
            Tcp("7", new FlappingPort(ServiceSpec.Mute, TimeSpan.FromSeconds(1), 0.5)), Tcp("90", new SynProxyPort(null))));

    [Fact]
    public void Whatever_the_topology_its_own_truth_has_full_marks()
    {
        for (var seed = 0UL; seed < 120; seed++)
        {
            var topology = RandomTopology.Of(seed);
            foreach (var technique in (ReadOnlySpan<TcpTechnique>)[
                TcpTechnique.Syn, TcpTechnique.Connect, TcpTechnique.Ack, TcpTechnique.Fin])
            {
                var options = Options with
                {
                    Tcp = technique,
                    TcpPorts = RandomTopology.Ports,
                    UdpPorts = RandomTopology.Ports,
                    AllStates = seed % 2 == 0,
                };
                foreach (var result in (string[])[Json(topology, options), Xml(topology, options)])
                {
                    var score = Score(topology, result);
                    Assert.True(
                        score is { Precision: 1, Recall: 1, WrongStates: 0, IsPerfect: true, PortsJudged: > 0 },
                        $"seed {seed} {technique} {score.Format}: {Text(score)}");
                }
            }
        }
    }

    [Fact]
    public void One_port_that_is_flipped_lowers_the_score_by_exactly_that()
    {
        for (var seed = 0; seed < 120; seed++)
        {
            var topology = RandomTopology.Of((ulong)seed, isSteady: true);
            var lines = Json(topology, Options with { TcpPorts = RandomTopology.Ports, UdpPorts = RandomTopology.Ports, AllStates = true })
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var ports =
                Enumerable.Range(0, lines.Length).Where(i => lines[i].Contains("\"event\":\"port\"", StringComparison.Ordinal)).ToList();
            var at = ports[new Random(seed).Next(ports.Count)];
            var before = Score(topology, string.Join('\n', lines));
            var isOpen = lines[at].Contains("\"state\":\"open\"", StringComparison.Ordinal);
            lines[at] = System.Text.RegularExpressions.Regex.Replace(
                lines[at], "\"state\":\"[^\"]*\"", isOpen ? "\"state\":\"closed\"" : "\"state\":\"open\"");
            var after = Score(topology, string.Join('\n', lines));
            Assert.Equal(1, after.WrongStates);
            Assert.Equal((before.PortsJudged, before.HostsJudged), (after.PortsJudged, after.HostsJudged));
            var open = (double)before.OpenFound;
            Assert.Equal(isOpen ? 1 : open / (open + 1), after.Precision);
            Assert.Equal(isOpen ? (open - 1) / open : 1, after.Recall);
            var port = JsonDocument.Parse(lines[at]).RootElement;
            var host = Assert.Single(after.Hosts);
            Assert.Equal(port.GetProperty("address").GetString(), host.Address.ToString());
            Assert.Equal(port.GetProperty("port").ToString(), Assert.Single(host.Wrong).Ports.ToString());
        }
    }

    [Fact]
    public void Ports_that_change_with_time_count_for_nothing()
    {
        foreach (var state in (string[])["open", "closed", "filtered"])
        {
            var score = Score(Lab, Line(7, state), new ScoreOptions { TcpPorts = PortSet.Parse("7") });
            Assert.Equal((0L, 1L, 1.0, 1.0, 0L), (score.PortsJudged, score.PortsVarying, score.Precision, score.Recall, score.WrongStates));
        }
    }

    [Theory]
    [InlineData(25, "open|filtered", "no-response", 0)]
    [InlineData(25, "filtered", "no-response", 0)]
    [InlineData(25, "closed", "reset", 1)]
    [InlineData(26, "open|filtered", "no-response", 1)]
    [InlineData(90, "open", "syn-ack", 0)]
    [InlineData(90, "filtered", "syn-proxy", 0)]
    [InlineData(90, "filtered", "no-response", 1)]
    public void Silence_may_be_called_open_or_filtered_and_a_syn_proxy_by_its_name(int port, string state, string reason, long wrong) =>
        Assert.Equal(
            wrong,
            Score(Lab, Line(port, state, reason), new ScoreOptions { TcpPorts = new PortSet(new PortNumber((ushort)port)) }).WrongStates);

    [Fact]
    public void Ports_that_json_lines_does_not_name_have_the_states_that_the_host_counts()
    {
        // 25 is silent and the rest is closed: a scan that counted only closed ports was wrong in one.
        var text = Json(Lab, Options with { TcpPorts = PortSet.Parse("20-30"), Udp = false });
        Assert.Equal(0, Score(Lab, text).WrongStates);
        var closed = System.Text.RegularExpressions.Regex.Replace(
            text, "\\{\"protocol\":\"tcp\",\"state\":\"filtered\"[^}]*\\},|,\\{\"protocol\":\"tcp\",\"state\":\"filtered\"[^}]*\\}", "");
        Assert.NotEqual(text, closed);
        var wrong = Assert.Single(Assert.Single(Score(Lab, closed).Hosts).Wrong);
        Assert.Equal(("25", PortState.Filtered, PortState.Closed), (wrong.Ports.ToString(), wrong.Expected, wrong.Found));
    }

    [Fact]
    public void A_scan_that_was_cut_off_is_judged_by_what_it_has()
    {
        var text = Xml(Lab, Options with { TcpPorts = PortSet.Parse("1-100,443"), Udp = false });
        for (var length = text.IndexOf("<host", StringComparison.Ordinal) + 1; length < text.Length; length += 7)
        {
            var score = Score(Lab, text[..length]);
            Assert.Equal((1.0, 1.0, 0L), (score.Precision, score.Recall, score.WrongStates));
        }

        var json = Json(Lab, Options with { TcpPorts = PortSet.Parse("1-100,443"), Udp = false });
        for (var length = 1; length < json.Length; length += 7)
        {
            if (json[..length].Contains("\"event\"", StringComparison.Ordinal))
            {
                Assert.Equal(0, Score(Lab, json[..length]).WrongStates);
            }
        }
    }

    [Fact]
    public void Addresses_outside_of_the_lab_and_the_vantage_are_left_out()
    {
        var score = Score(Lab, "open tcp 80 192.0.2.1 1\nopen tcp 80 198.18.0.250 1\nopen tcp 80 198.18.1.10 1\n# end\n");
        Assert.Equal((1L, 1L, 0L), (score.HostsJudged, score.OpenFound, score.OpenFalse));
        Assert.Contains("2 addresses outside of the lab, or not among the targets: left out", score.Notes);
    }

    [Fact]
    public void An_open_port_where_nobody_is_is_false()
    {
        var score = Score(Lab, "open tcp 80 198.18.1.99 1\n");
        Assert.Equal((0.0, 1.0, 1L), (score.Precision, score.Recall, score.WrongStates));
        Assert.Equal("no host has the address, says router edge", score.Hosts[0].Wrong[0].Why);
        Assert.Null(score.Hosts[0].Name);
    }

    [Fact]
    public void An_empty_file_misses_all_that_was_scanned()
    {
        Assert.Contains("--targets", Assert.Throws<PortolanException>(() => Score(Lab, "")).Hint?.ToString(), StringComparison.Ordinal);
        var score = Score(Lab, "", new ScoreOptions { Targets = ["web"], TcpPorts = PortSet.Parse("1-1000") });
        Assert.Equal((1.0, 0.0, 3L), (score.Precision, score.Recall, score.OpenMissed));
    }

    [Fact]
    public void A_large_network_is_judged_without_looking_at_each_address()
    {
        var topology = Lab with
        {
            Networks = [.. Lab.Networks, new NetworkSpec
            {
                Name = "big",
                Ipv6 = Prefix("2001:db8:2::/64"),
                Ipv4 = Prefix("198.19.0.0/16"),
            }],
            Hosts = [Host("198.19.0.1-198.19.255.253") with { Network = "big", Name = "pc" }],
        };
        var score = Score(topology, "open tcp 80 198.19.0.7 1\n# end\n", new ScoreOptions
        {
            Targets = ["198.19.0.0/16", "2001:db8:2::/64"],
            TcpPorts = PortSet.Parse("80-89"),
        });
        Assert.Equal(
            (1L, 1L, 65_536L + int.MaxValue, 10 * (65_536L + int.MaxValue)),
            (score.OpenFalse, score.WrongStates, score.HostsJudged, score.PortsJudged));
    }

    [Theory]
    [InlineData("hello world")]
    [InlineData("<html></html>")]
    [InlineData("\0\0\0")]
    public void What_is_no_result_is_refused_with_the_line(string text)
    {
        var error = Assert.Throws<PortolanException>(() => Score(Lab, text, new ScoreOptions { File = "x.txt" }));
        Assert.StartsWith("x.txt", error.Message, StringComparison.Ordinal);
        Assert.Contains("line 1", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void Lines_that_cannot_be_read_are_named()
    {
        Assert.Contains(
            "r, line 2: not a line of masscan's list: state, protocol, port, address",
            Score(Lab, "#masscan\nopen tcp x 1\nopen tcp 80 198.18.1.10 1\n", new ScoreOptions { File = "r" }).Notes);
        Assert.Contains("r, line 2: not JSON", Score(Lab, "{\"event\":\"start\"}\n{\n", new ScoreOptions { File = "r" }).Notes);
        Assert.Contains(
            "r, line 2: no address where zmap writes one (saddr)",
            Score(Lab, "saddr,sport\nx,80\n198.18.1.10,80\n", new ScoreOptions { File = "r" }).Notes);
    }

    [Fact]
    public void A_target_that_is_none_is_refused() => Assert.Contains(
        "'nowhere'",
        Assert.Throws<PortolanException>(() => Score(Lab, Line(80, "open"), new ScoreOptions { Targets = ["nowhere"] })).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("198.18.0-1.1,3-4", "198.18.0.1 198.18.0.3-198.18.0.4 198.18.1.1 198.18.1.3-198.18.1.4")]
    [InlineData("198.18.1.77/24", "198.18.1.0-198.18.1.255")]
    [InlineData("198.18.1.250-", "198.18.1.250-198.18.1.255")]
    [InlineData("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9")]
    [InlineData("web", "198.18.1.10")]
    public void Targets_are_named_as_to_nmap(string word, string ranges) =>
        Assert.Equal(ranges, string.Join(' ', TargetRanges.Parse([word], Lab).Ranges));

    [Fact]
    public void A_score_obeys_its_schema_and_says_the_same_to_people()
    {
        var score =
            Score(Lab, "open tcp 80 198.18.1.10 1\nopen tcp 81 198.18.1.10 1\nopen tcp 7 198.18.1.10 1\nbad \u001b[31m\n", new ScoreOptions
            {
                File = "re\u001bsult",
                TcpPorts = PortSet.Parse("1-443"),
            });
        using var stream = new MemoryStream();
        ScoreJson.Write(score, "office", stream);
        var json = JsonDocument.Parse(stream.ToArray()).RootElement;
        Assert.Empty(JsonSchema.Parse(File.ReadAllText(Repository.PathOf("docs", "schema", "portolan.score-1.json"))).Validate(json));
        Assert.Equal((0.5, 3L), (json.GetProperty("precision").GetDouble(), json.GetProperty("wrongStates").GetInt64()));
        Assert.Equal(
            """
            masscan list over office: 442 ports of 1 host judged
            precision        50 %  1 of 2 ports called open are open
            recall        33.33 %  1 of 3 open ports were found
            wrong states      3
            left out          1  ports that change with time

            198.18.1.10 (web)
              443/tcp: open, found not open: open (mute) on host web
              90/tcp: open, found not open: a SYN proxy before host web
              81/tcp: closed, found open: closed on host web
            note: re\x1bsult, line 4: not a line of masscan's list: state, protocol, port, address
            note: the file lacks the end of a finished scan

            """.ReplaceLineEndings("\n"),
            Text(score));
    }

    [Fact]
    public void Hosts_beyond_the_most_are_counted()
    {
        var score = Score(
            Lab, string.Concat(Enumerable.Range(20, 30).Select(i => $"open tcp 80 198.18.1.{i} 1\n")), new ScoreOptions { MostHosts = 10 });
        Assert.Equal((10, 20L, 30L), (score.Hosts.Count, score.HostsNotListed, score.WrongStates));
    }

    private static string Line(int port, string state, string reason = "no-response") =>
        "{\"event\":\"start\",\"scans\":[{\"type\":\"syn\",\"protocol\":\"tcp\",\"ports\":\"1-100\"}]}\n"
        + $"{{\"event\":\"port\",\"address\":\"198.18.1.10\",\"protocol\":\"tcp\",\"port\":{port},\"state\":\"{state}\","
        + $"\"reason\":\"{reason}\"}}\n"
        + "{\"event\":\"host\",\"address\":\"198.18.1.10\",\"status\":\"up\"}\n{\"event\":\"end\",\"complete\":true,\"hostsTotal\":1}\n";

    private static LabScore Score(LabTopology topology, string text, ScoreOptions? options = null) =>
        LabScorer.Score(topology, new MemoryStream(Encoding.UTF8.GetBytes(text)), options ?? new ScoreOptions());

    private static string Json(LabTopology topology, TruthOptions options) =>
        Written(stream => TruthWriter.WriteJson(topology, stream, options));

    private static string Xml(LabTopology topology, TruthOptions options) =>
        Written(stream => TruthWriter.WriteXml(topology, stream, options));

    private static string Written(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Text(LabScore score)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        ScoreText.Write(score, "office", writer);
        return writer.ToString();
    }
}
