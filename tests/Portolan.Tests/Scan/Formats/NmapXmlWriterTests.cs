using System.Xml.Linq;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>nmap's XML: what is in it. What nmap's own programs make of it is tested with them.</summary>
public sealed class NmapXmlWriterTests
{
    [Fact]
    public void One_of_each_looks_as_reviewed() =>
        Golden.AssertSame(
            "scan.xml", ScanStories.Xml(ScanStories.Hosts(), ScanStories.Options with { Stylesheet = "file:///usr/share/nmap/nmap.xsl" }));

    [Fact]
    public void An_interrupted_run_is_closed_and_says_why()
    {
        var xml = XDocument.Parse(ScanStories.Xml([new HostStory("198.18.0.1").Open("80")], end: ScanStories.End with
        {
            IsComplete = false,
            Incomplete = "interrupted by <Ctrl-C>",
        }));
        var finished = xml.Root!.Element("runstats")!.Element("finished")!;
        Assert.Equal("error", finished.Attribute("exit")!.Value);
        Assert.Equal("interrupted by <Ctrl-C>", finished.Attribute("errormsg")!.Value);
    }

    [Fact]
    public void A_killed_run_leaves_every_finished_host_in_the_file()
    {
        using var stream = new MemoryStream();
        var writer = new NmapXmlWriter(stream, ScanStories.Options);
        writer.Started(ScanStories.Run);
        new HostStory("198.18.0.1").Open("80").Tell(writer);
        var text = System.Text.Encoding.UTF8.GetString(stream.ToArray());
        Assert.EndsWith("</host>\n", text, StringComparison.Ordinal);
        Assert.Single(XDocument.Parse(text + "</nmaprun>").Root!.Elements("host"));
    }

    [Theory]
    [InlineData(25, 0, 0, false)]
    [InlineData(26, 0, 0, true)]
    [InlineData(50, 1, 0, false)]
    [InlineData(51, 1, 0, true)]
    [InlineData(100, 3, 0, false)]
    [InlineData(101, 3, 0, true)]
    [InlineData(550, 1, 1, false)]
    [InlineData(551, 1, 1, true)]
    [InlineData(1075, 2, 2, false)]
    [InlineData(1076, 2, 2, true)]
    [InlineData(20000, 3, 3, false)]
    public void A_state_is_summed_up_where_nmap_7_93_does_it(int closed, int verbosity, int debugging, bool isSummedUp)
    {
        var xml = XDocument.Parse(ScanStories.Xml([new HostStory("198.18.0.1").Closed($"1-{closed}")], ScanStories.Options with
        {
            Verbosity = verbosity,
            Debugging = debugging,
        }));
        var ports = xml.Root!.Element("host")!.Element("ports")!;
        Assert.Equal(isSummedUp ? 1 : 0, ports.Elements("extraports").Count());
        Assert.Equal(isSummedUp ? 0 : closed, ports.Elements("port").Count());
    }

    [Fact]
    public void A_host_that_is_down_is_shown_with_v()
    {
        HostStory[] hosts = [new HostStory("198.18.0.3").Status(HostStatus.Down, ReplyReason.NoResponse)];
        Assert.Equal("down", XDocument.Parse(ScanStories.Xml(hosts)).Descendants("status").Single().Attribute("state")!.Value);
        Assert.Empty(XDocument.Parse(ScanStories.Xml(hosts, ScanStories.Options with { Verbosity = 0 })).Descendants("host"));
    }

    [Fact]
    public void Ports_of_tcp_and_udp_in_one_state_are_counted_together()
    {
        var xml = XDocument.Parse(ScanStories.Xml(
            [new HostStory("198.18.0.1").Closed("1-18").With(ScanStories.Udp, "1-15", PortState.Closed, ReplyReason.PortUnreachable)],
            ScanStories.Options with { Verbosity = 0 }));
        var extra = xml.Root!.Element("host")!.Element("ports")!.Element("extraports")!;
        Assert.Equal("33", extra.Attribute("count")!.Value);
        Assert.Equal(
            ["18 tcp 1-18", "15 udp 1-15"],
            extra.Elements("extrareasons").Select(
                r => $"{r.Attribute("count")!.Value} {r.Attribute("proto")!.Value} {r.Attribute("ports")!.Value}"));
    }

    [Fact]
    public void Open_ports_are_never_summed_up() =>
        Assert.Equal(1000, XDocument.Parse(ScanStories.Xml([new HostStory("198.18.0.1").Open("1-1000")])).Descendants("port").Count());

    [Fact]
    public void With_open_only_closed_ports_are_summed_up_and_hosts_without_a_port_that_may_be_open_are_left_out()
    {
        var options = ScanStories.Options with { OpenOnly = true, Verbosity = 0 };
        var hosts = XDocument.Parse(ScanStories.Xml(
            [
                new HostStory("198.18.0.1").Closed("1-3").Open("22").SilentUdp("53"),
                new HostStory("198.18.0.2").Closed("1-40").Silent("41-45"),
                new HostStory("198.18.0.3").SilentUdp("1-40").With(ScanStories.Udp, "50-52", PortState.Closed, ReplyReason.PortUnreachable),
            ],
            options)).Root!.Elements("host").ToList();
        Assert.Equal(["198.18.0.1", "198.18.0.3"], hosts.Select(h => h.Element("address")!.Attribute("addr")!.Value));
        Assert.Equal(["22", "53"], hosts[0].Descendants("port").Select(p => p.Attribute("portid")!.Value));
        Assert.Equal(
            ["open|filtered 40", "closed 3"],
            hosts[1].Descendants("extraports").Select(e => $"{e.Attribute("state")!.Value} {e.Attribute("count")!.Value}"));
    }

    [Theory]
    [InlineData("a<b>&\"c\"'d'", "a<b>&\"c\"'d'")]
    [InlineData("tab\tline\nreturn\r", "tab\tline\nreturn\r")]
    [InlineData("\u001b[31m\0\u0007", "\uFFFD[31m\uFFFD\uFFFD")]
    [InlineData("\u202eevil\u0085", "\u202eevil\u0085")]
    [InlineData("beyond \uFFFE \uFFFF", "beyond \uFFFD \uFFFD")]
    [InlineData("😀 é", "😀 é")]
    public void Hostile_names_come_back_as_they_are_or_replaced(string name, string read)
    {
        var text = ScanStories.Xml(
            [new HostStory("198.18.0.1", name).Open("1")], ScanStories.Options with { Arguments = ["portolan", name, "----->", "--x--"] });
        var xml = XDocument.Parse(text);
        Assert.Equal(read, xml.Descendants("hostname").Single().Attribute("name")!.Value);
        Assert.Contains(read, xml.Root!.Attribute("args")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(text.EnumerateRunes(), rune => TerminalText.IsHostile(rune) && rune.Value != '\n');
    }

    // An attribute of a test cannot hold one.
    [Fact]
    public void A_lone_surrogate_is_replaced() =>
        Hostile_names_come_back_as_they_are_or_replaced("lone \ud800 surrogate", "lone \uFFFD surrogate");

    [Fact]
    public void Nothing_is_written_after_the_end_or_before_the_start()
    {
        using var stream = new MemoryStream();
        new NmapXmlWriter(stream, ScanStories.Options).Ended(ScanStories.End);
        Assert.Equal(0, stream.Length);
    }
}
