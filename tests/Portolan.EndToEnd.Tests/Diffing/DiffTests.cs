using System.Text.Json;
using Portolan.EndToEnd.Tests.Scanning;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Diffing;

/// <summary><c>portolan diff</c> over what real scanners wrote of a real host, and over charts of a namespace.</summary>
public sealed class DiffTests(ScanLab lab) : IClassFixture<ScanLab>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_port_that_opens_between_two_scans_is_named_and_fails_where_it_was_asked_for()
    {
        Shell("\"$0\" scan -sT -n -p 20-90,8080 198.18.0.2 --json > a.jsonl").Expect(0);
        Shell("\"$0\" scan -sT -n -p 20-90,8080 198.18.0.2 --json | grep -v '\"port\":8080' > b.jsonl").Expect(0);
        var text = Shell("\"$0\" diff b.jsonl a.jsonl").Expect(0).Output;
        Assert.Contains("opened       8080/tcp", text, StringComparison.Ordinal);
        Assert.Contains("both cover 72 ports of 1 host\n", text, StringComparison.Ordinal);
        Shell("\"$0\" diff b.jsonl a.jsonl --fail-on opened --junit j.xml").Expect(1);
        Assert.Contains("failures=\"1\"", File.ReadAllText(_folder["j.xml"]), StringComparison.Ordinal);
        Shell("\"$0\" diff b.jsonl a.jsonl --fail-on closed,expiring").Expect(0);
        Shell("\"$0\" diff a.jsonl - --fail-on any < a.jsonl").Expect(0);
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        Shell("\"$0\" scan -sT -sV -n -p 20-90,8080 198.18.0.2 --json > a.jsonl").Expect(0);
        Shell("grep -v '\"port\":80,' a.jsonl > b.jsonl").Expect(0);
        Shell("\"$0\" --json > chart.json").Expect(0);
        foreach (var words in (string[])["a.jsonl b.jsonl", "b.jsonl a.jsonl --fail-on opened", "a.jsonl a.jsonl", "chart.json chart.json"])
        {
            var result = Shell($"\"$0\" diff {words} --json");
            Assert.Contains(result.ExitCode, (int[])[0, 1]);
            Assert.Empty(JsonSchema.Load("portolan.diff/1").Validate(JsonDocument.Parse(result.Output).RootElement));
        }
    }

    [Fact]
    public void What_nmap_and_portolan_say_of_the_same_host_in_every_format_has_no_changes()
    {
        Programs.Find("nmap", "/usr/bin/nmap");
        Shell("nmap -sT -Pn -n -v -p 20-90,8080 198.18.0.2 -oA nmap").Expect(0);
        Shell("\"$0\" scan -sT -Pn -n -p 20-90,8080 198.18.0.2 --json -oX own.xml -oG own.gnmap > own.jsonl").Expect(0);
        Shell("gzip -k nmap.xml && mv nmap.xml.gz packed").Expect(0);
        string[] files = ["nmap.xml", "nmap.gnmap", "own.xml", "own.gnmap", "own.jsonl", "packed"];
        foreach (var a in files)
        {
            foreach (var b in files)
            {
                var result = Shell($"\"$0\" diff {a} {b} --fail-on any");
                Assert.True(result.ExitCode == 0, $"{a} {b}: {result.Output}{result.Error}");
                Assert.Contains("both cover 72 ports of 1 host", result.Output, StringComparison.Ordinal);
            }
        }

        Assert.Contains("portolan scan", Shell("\"$0\" diff nmap.nmap nmap.xml").Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_masscan_says_is_compared_with_what_nmap_says()
    {
        Programs.Find("nmap", "/usr/bin/nmap");
        var masscan = Programs.Find("masscan", "/usr/bin/masscan");
        Shell("nmap -sS -Pn -n -p 20-90,8080 198.18.0.2 -oX nmap.xml").Expect(0);

        // Without the addresses of the link masscan waits for a router that is not there.
        const string Link = "-e $(ip -o route get 198.18.0.2 | sed 's/.* dev \\([^ ]*\\).*/\\1/') --adapter-ip 198.18.0.1 "
            + "--router-mac $(ip neigh show 198.18.0.2 | sed 's/.*lladdr \\([^ ]*\\).*/\\1/; s/:/-/g')";
        foreach (var (option, name) in (ReadOnlySpan<(string, string)>)[(
            "-oX", "x"), ("-oL", "l"), ("-oJ", "j"), ("-oD", "d"), ("-oG", "g")])
        {
            // Where masscan hears nothing in time it is no referee: it does not ask again.
            var result = Shell(
                $"timeout 60 {masscan} 198.18.0.2 -p 20-90,8080 {Link} --rate 200 --wait 2 {option} {name} >/dev/null 2>&1; cat {name}");
            Assert.SkipUnless(
                result.Output.Contains("22", StringComparison.Ordinal) && result.Output.Contains("8080", StringComparison.Ordinal),
                $"masscan did not find the open ports: {result.Output}");
            var diff = Shell($"\"$0\" diff nmap.xml {name} --ports 20-90,8080 --json --fail-on any");
            Assert.True(diff.ExitCode == 0, $"{option}: {diff.Output}{diff.Error}");
            Assert.Contains("\"ports\": 72,", diff.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_chart_before_and_after_a_listener_opens()
    {
        Programs.Find("python3", "/usr/bin/python3");
        var script =
            """
            "$0" --json > a.json
            python3 -m http.server 8099 --bind 127.0.0.1 >/dev/null 2>&1 & server=$!
            tries=0
            until "$0" who 8099 >/dev/null 2>&1 || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
            "$0" --json > b.json
            kill $server; wait $server 2>/dev/null
            "$0" diff a.json b.json --fail-on opened
            """;
        var result = Shell(script).Expect(1);
        Assert.Contains("opened       8099/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains("python3", result.Output, StringComparison.Ordinal);
        Assert.Contains("closed       8099/tcp", Shell("\"$0\" diff b.json a.json").Expect(0).Output, StringComparison.Ordinal);
        Shell("\"$0\" diff b.json b.json --fail-on any").Expect(0);
        Shell("\"$0\" scan -sT -n -p 1 198.18.0.2 --json > s.jsonl").Expect(0);
        Assert.Contains("is a chart", Shell("\"$0\" diff a.json s.jsonl").Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ndiffs_text_is_the_same()
    {
        Programs.Find("nmap", "/usr/bin/nmap");
        Programs.Find("ndiff", "/usr/bin/ndiff");
        Shell("nmap -sT -Pn -n -p 22,23,80,9999 198.18.0.2 -oX one.xml").Expect(0);
        Shell("nmap -sT -Pn -n -p 20-90,8080 198.18.0.2 127.0.0.1 -oX two.xml").Expect(0);
        Shell("nmap -sT -sV -Pn -p 22,80 198.18.0.2 -oX three.xml").Expect(0);
        Shell(
            "sed 's/portid=\"80\"/portid=\"81\"/; s/extrainfo=\"[^\"]*\"//; s/state=\"up\"/state=\"down\"/' three.xml > four.xml")
            .Expect(0);
        Shell("sed 's/<hostnames>/<hostnames><hostname name=\"web.example\" type=\"PTR\"\\/>/' one.xml > five.xml").Expect(0);
        Shell("\"$0\" scan -sT -n -p 20-90 198.18.0.2 -oX six.xml").Expect(0);
        string[] files = ["one.xml", "two.xml", "three.xml", "four.xml", "five.xml", "six.xml"];
        foreach (var a in files)
        {
            foreach (var b in files)
            {
                var theirs = Shell($"ndiff {a} {b}");
                Assert.Contains(theirs.ExitCode, (int[])[0, 1]);
                Assert.Equal(theirs.Output, Shell($"\"$0\" diff --ndiff {a} {b}").Expect(0).Output);
            }
        }
    }

    [Theory]
    [InlineData("- -", 2, "only one of the two")]
    [InlineData("a", 2, "B is missing")]
    [InlineData("nothing.xml nothing.json", 3, "cannot read nothing.xml")]
    [InlineData("/etc/passwd /etc/passwd", 3, "line 1")]
    [InlineData("/dev/null /dev/null", 3, "/dev/null is empty")]
    [InlineData("a b --fail-on open", 2, "--fail-on does not know 'open'")]
    [InlineData("a b --fail-on ,", 2, "--fail-on needs a kind of change")]
    [InlineData("a b --ndiff --json", 2, "--ndiff cannot be combined")]
    [InlineData("a b --targets nobody", 2, "'nobody' is not an address")]
    public void What_cannot_be_compared_is_said(string words, int exitCode, string message)
    {
        var result = PortolanProgram.Run(["diff", .. words.Split(' ')]).Expect(exitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    private RunResult Shell(string script) => lab.Shell($"cd '{_folder.Path}' && {{ {script}\n}}");
}
