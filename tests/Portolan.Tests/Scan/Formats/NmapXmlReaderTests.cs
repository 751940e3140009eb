using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Formats;

/// <summary>--from-xml: XML of nmap, masscan and Portolan, told as a run. That nmap's own files come through is tested with nmap.</summary>
public sealed class NmapXmlReaderTests
{
    private const string Masscan = """
        <?xml version="1.0"?>
        <!-- masscan v1.0 scan -->
        <nmaprun scanner="masscan" start="1795173331" version="1.0-BETA"  xmloutputversion="1.03">
        <scaninfo type="syn" protocol="tcp" />
        <host endtime="1795173335"><address addr="198.18.0.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports></host>
        <host endtime="1795173336"><address addr="2001:db8::7" addrtype="ipv4"/><ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="60"/></port></ports></host>
        <host endtime="1795173332"><address addr="198.18.0.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state state="closed" reason="rst-ack" reason_ttl="64"/></port></ports></host>
        <host endtime="1795173338"><address addr="198.18.0.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="443"><state state="open" reason="response" reason_ttl="64" /><service name="http" banner="&lt;b&gt;"></service></port></ports></host>
        <host endtime="1795173331"><address addr="198.18.0.8" addrtype="ipv4"/><ports><port protocol="icmp" portid="0"><state state="open" reason="none" reason_ttl="64"/></port></ports></host>
        <host endtime="1795173331"><address addr="198.18.0.8" addrtype="ipv4"/><ports><port protocol="udp" portid="53"><state state="open" reason="none" reason_ttl="63"/></port></ports></host>
        <runstats>
        <finished time="1795173347" timestr="2026-11-20 11:15:47" elapsed="16" />
        <hosts up="6" down="0" total="6" />
        </runstats>
        </nmaprun>
        """;

    [Fact]
    public void A_stream_past_its_limit_ends_with_an_error_after_what_came_before_was_told()
    {
        var endless = Masscan.Replace("</nmaprun>", new string(' ', 3 << 20) + "</nmaprun>", StringComparison.Ordinal);
        using var input =
            new BoundedStream(new MemoryStream(Encoding.UTF8.GetBytes(endless)), new InputLimit("scan --from-xml", 1), "results.xml");
        var told = new ScanLog();

        var failure = Assert.Throws<PortolanException>(
            () => new NmapXmlReader(input, "results.xml", [told]).Replay(TestContext.Current.CancellationToken));

        Assert.Equal("results.xml is longer than 1 MiB, the most that scan --from-xml reads", failure.Message);
        Assert.Contains("198.18.0.9 443 open", told.Results, StringComparison.Ordinal);
        Assert.False(told.End!.IsComplete);
    }

    [Fact]
    public void What_Portolan_wrote_comes_back_to_the_letter()
    {
        var written = ScanStories.Xml(ScanStories.Hosts());
        Assert.Equal(written, Rewritten(written));
    }

    [Fact]
    public void Any_run_comes_back_to_the_letter() => Fuzz.Run(60, static (random, _) =>
    {
        var hosts = Enumerable.Range(1, random.Next(5)).Select(i => RandomHost(random, i)).ToList();
        var options = ScanStories.Options with { Verbosity = random.Next(4), OpenOnly = random.Next(4) == 0 };
        var written = ScanStories.Xml(hosts, options);
        Assert.Equal(written, Rewritten(written, options));
    });

    [Fact]
    public void Masscans_results_are_put_together_by_host_in_the_order_of_addresses()
    {
        var seen = Replay(Masscan);
        Assert.Equal(
            [
                "start masscan 1.0-BETA Raw", "found 198.18.0.9", "port 198.18.0.9 443/tcp open syn-ack SynAck", "found 2001:db8::7",
                "port 2001:db8::7 22/tcp open syn-ack SynAck",
                "found 198.18.0.8", "port 198.18.0.8 53/udp open udp-response Handshake",
                "host 198.18.0.8 up echo-reply: 53/udp open Handshake",
                "host 198.18.0.9 up syn-ack: 80/tcp closed None, 443/tcp open AcceptedData",
                "host 2001:db8::7 up syn-ack: 22/tcp open SynAck",
                "end complete 3 up 3 total 16 s",
            ],
            seen.Events);
    }

    [Fact]
    public void An_address_of_masscan_is_what_it_looks_like() =>
        Assert.Contains("<address addr=\"2001:db8::7\" addrtype=\"ipv6\"/>", Rewritten(Masscan), StringComparison.Ordinal);

    [Fact]
    public void A_masscan_file_longer_than_what_is_held_is_told_with_a_warning()
    {
        var text = new StringBuilder("<nmaprun scanner='masscan'>");
        for (var i = 0; i < 250; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"<host><address addr='198.18.0.{i}'/><ports><port protocol='tcp' portid='80'><state state='open' reason='syn-ack' "
                    + $"reason_ttl='64'/></port></ports></host>");
        }

        var seen = Replay(text.Append("</nmaprun>").ToString(), mostHeld: 100);
        Assert.Equal(250, seen.Events.Count(e => e.StartsWith("host ", StringComparison.Ordinal)));
        Assert.Equal(
            "warning scan.xml, line 1: the file is long: a host that answered late may appear more than once",
            Assert.Single(seen.Events, e => e.StartsWith("warning ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Old_nmap_sums_ports_up_without_numbers_and_they_are_found_again_when_only_one_state_is()
    {
        var seen = Replay(
            Nmap("""<ports><extraports state="closed" count="3"><extrareasons reason="resets" count="3"/></extraports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports>"""));
        Assert.Contains(
            "host 198.18.0.1 up arp-response: 20/tcp closed None, 21/tcp closed None, 22/tcp open SynAck, 23/tcp closed None", seen.Events);
    }

    [Fact]
    public void Ports_that_were_summed_up_without_numbers_are_never_guessed()
    {
        var seen = Replay(
            Nmap("""<ports><extraports state="closed" count="1"/><extraports state="filtered" count="2"/><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports>"""));
        Assert.Contains("host 198.18.0.1 up arp-response: 22/tcp open SynAck", seen.Events);
        Assert.Single(seen.Events, e => e.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public void What_scripts_and_version_detection_wrote_is_passed_over()
    {
        var seen = Replay(Nmap("""
            <ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64" reason_ip="198.18.1.1"/><service name="ssh" product="x" method="probed" conf="10"><cpe>cpe:/a:b</cpe></service>
            <script id="x" output="&#xa;a"><table key="status"><elem key="state">down</elem></table></script></port></ports>
            <os><portused state="open" proto="tcp" portid="1"/><osmatch name="Linux" accuracy="100" line="1"><osclass vendor="x" accuracy="1" osfamily="x"/></osmatch></os>
            <hostscript><script id="y" output="z"/></hostscript><trace><hop ttl="1" ipaddr="1.2.3.4"/></trace>
            """));
        Assert.Contains("host 198.18.0.1 up arp-response: 22/tcp open Identified by 198.18.1.1", seen.Events);
    }

    [Theory]
    [InlineData("<script id='banner' output='220 a\\x0D\\x0A&#x202e;'/>", @"Handshake 220 a\x0D\x0A\xE2\x80\xAE")]
    [InlineData("<service name='ssh' banner='SSH-2.0-x&#13;&#10;'/>", "AcceptedData SSH-2.0-x")]
    [InlineData("<script id='other' output='x'/>", "SynAck ")]
    [InlineData("<script id='banner'/>", "Handshake ")]
    public void What_a_service_said_first_is_carried_over(string detail, string expected)
    {
        var port = Assert.Single(
            Replay(
                Nmap($"<ports><port protocol='tcp' portid='22'><state state='open' reason='syn-ack' "
                    + $"reason_ttl='64'/>{detail}</port></ports>")).Open);
        Assert.Equal(expected, $"{port.Evidence} {BannerText.Of(port.Banner.Span)}");
    }

    [Theory]
    [InlineData("", "the file has no element")]
    [InlineData("hello", "line 1, column 1: text outside the root element")]
    [InlineData("<html></html>", "line 1, column 1: the root element is 'html', not nmap's 'nmaprun'")]
    [InlineData("<nmaprun", "line 1, column 1: an unterminated tag")]
    [InlineData(
        "<nmaprun>\n <host><address addr='1.2.3'/></host></nmaprun>", "line 2, column 8: addr '1.2.3' of 'address' is not an IP address")]
    [InlineData("<nmaprun><host/></nmaprun>", "a 'host' without an address")]
    [InlineData(
        "<nmaprun><host><address addr='::1'/><ports><port protocol='tcp' portid='70000'/></ports></host></nmaprun>",
        "portid '70000' of 'port' is not a number from 0 to 65535")]
    [InlineData(
        "<nmaprun><host><address addr='::1'/><ports><port protocol='tcp' portid='1'><state state='ajar'/></port></ports></host></nmaprun>",
        "state 'ajar' of 'state' is not a state of a port")]
    [InlineData("<nmaprun><host><address addr='::1'/><ports><extraports state='closed'><extrareasons proto='tcp' "
        + "ports='5-1'/></extraports></ports></host></nmaprun>", "ports '5-1' of 'extrareasons' is not a port list")]
    [InlineData("<nmaprun><host><address addr='00:11' addrtype='mac'/></host></nmaprun>", "is not an Ethernet address")]
    [InlineData("<nmaprun start='99999999999999999'>", "start '99999999999999999' of 'nmaprun' is not a number")]
    [InlineData("<nmaprun><runstats><finished elapsed='1e300'/></runstats></nmaprun>", "is not a number of seconds")]
    [InlineData(
        "<!DOCTYPE nmaprun [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><nmaprun args='&a;'/>",
        "a document type or declaration, which is not supported")]
    [InlineData("<nmaprun><host></nmaprun>", "'nmaprun' ends where 'host' is open")]
    public void A_file_that_is_wrong_is_refused_with_its_place(string file, string reason)
    {
        var error = Assert.Throws<PortolanException>(() => Replay(file));
        Assert.StartsWith("scan.xml: line ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, error.ExitCode);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void Hosts_before_a_fault_are_told_and_so_is_the_end()
    {
        var seen = new Witness();
        var file = Nmap("<ports/>").Replace("</nmaprun>", "<host><address addr='x'/></host></nmaprun>", StringComparison.Ordinal);
        Assert.Throws<PortolanException>(() => Replay(file, seen));
        Assert.Contains("host 198.18.0.1 up arp-response: ", seen.Events);
        Assert.StartsWith("end incomplete", seen.Events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_gives_the_hosts_before_and_says_that_it_is_not_complete()
    {
        var written = ScanStories.Xml(ScanStories.Hosts());
        var whole = Replay(written).Events.Where(e => e.StartsWith("host ", StringComparison.Ordinal)).ToList();
        var root = written.IndexOf(">\n<scaninfo", StringComparison.Ordinal) + 1;
        for (var length = root; length < written.Length - "\n".Length; length += 41)
        {
            var hosts = written[..length].Split("</host>").Length - 1;
            var seen = Replay(written[..length]).Events;
            Assert.Equal(whole.Take(hosts), seen.Where(e => e.StartsWith("host ", StringComparison.Ordinal)).Take(hosts));
            Assert.StartsWith(length < written.Length - 2 ? "end incomplete" : "end", seen[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_host_that_was_cut_is_marked()
    {
        var written = ScanStories.Xml([new HostStory("198.18.0.1").Open("1-9")]);
        var cut = written[..written.IndexOf("<port protocol=\"tcp\" portid=\"5\"", StringComparison.Ordinal)];
        Assert.Contains("comment=\"interrupted: ports not named were not scanned\"", Rewritten(cut), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_scan_stays_interrupted()
    {
        var written = ScanStories.Xml([], end: ScanStories.End with { IsComplete = false, Incomplete = "interrupted by Ctrl-C" });
        Assert.Equal("end incomplete 6 up 8 total 2.34 s: interrupted by Ctrl-C", Replay(written).Events[^1]);
    }

    [Fact]
    public void Damaged_files_end_in_events_or_in_an_error_for_people_and_in_nothing_else()
    {
        var whole = Encoding.UTF8.GetBytes(ScanStories.Xml(ScanStories.Hosts()));
        var masscan = Encoding.UTF8.GetBytes(Masscan);
        Fuzz.Run(400, (random, _) =>
        {
            var file = Fuzz.Damage(random, random.Next(2) == 0 ? whole : masscan);
            try
            {
                using var stream = new MemoryStream(file);
                using var json = new JsonLinesWriter(Stream.Null, ScanStories.Options with { AllStates = true });
                new NmapXmlReader(
                    stream, "scan.xml",
                    [new NmapXmlWriter(Stream.Null, ScanStories.Options), json, new NormalWriter(Stream.Null, ScanStories.Options),
                        new GrepableWriter(Stream.Null, ScanStories.Options)])
                    .Replay(TestContext.Current.CancellationToken);
            }
            catch (PortolanException)
            {
            }
        });
    }

    [Fact]
    public void The_way_to_a_host_is_carried_over()
    {
        const string Way = """
            <trace port="80" proto="tcp">
            <hop ttl="1" ipaddr="198.18.0.254" rtt="0.25" host="gate.example"/>
            <hop ttl="4" ipaddr="203.0.113.1" rtt="--"/>
            <hop ttl="5" ipaddr="198.18.0.1" rtt="12.50"/>
            </trace>
            """;
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(Nmap(Way)));
        using Stream xml = new MemoryStream(), normal = new MemoryStream();
        new NmapXmlReader(
            input, "scan.xml", [new NmapXmlWriter(xml, ScanStories.Options), new NormalWriter(normal, ScanStories.Options)])
            .Replay(TestContext.Current.CancellationToken);
        Assert.Contains("""
            <trace port="80" proto="tcp">
            <hop ttl="1" ipaddr="198.18.0.254" rtt="0.25" host="gate.example"/>
            <hop ttl="4" ipaddr="203.0.113.1" rtt="0.00"/>
            <hop ttl="5" ipaddr="198.18.0.1" rtt="12.50"/>
            </trace>
            """, TextOf(xml), StringComparison.Ordinal);
        Assert.Contains("""
            TRACEROUTE (using port 80/tcp)
            HOP RTT      ADDRESS
            1   0.25 ms  gate.example (198.18.0.254)
            2   ... 3
            4   0.00 ms  203.0.113.1
            5   12.50 ms 198.18.0.1
            """, TextOf(normal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<trace port=\"x\" proto=\"tcp\"/>")]
    [InlineData("<trace><hop ttl=\"0\" ipaddr=\"192.0.2.1\"/></trace>")]
    [InlineData("<trace><hop ttl=\"256\" ipaddr=\"192.0.2.1\"/></trace>")]
    [InlineData("<trace><hop ttl=\"1\" ipaddr=\"gate\"/></trace>")]
    [InlineData("<trace><hop ttl=\"1\" ipaddr=\"192.0.2.1\" rtt=\"-1\"/></trace>")]
    public void A_way_with_a_wrong_value_is_an_error_with_its_place(string way) =>
        Assert.StartsWith("scan.xml: line ", Assert.Throws<PortolanException>(() => Rewritten(Nmap(way))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Hops_out_of_order_are_left_out_and_the_next_host_has_none_of_them()
    {
        const string Way = "<trace><hop ttl=\"2\" ipaddr=\"192.0.2.2\"/><hop ttl=\"1\" ipaddr=\"192.0.2.1\"/></trace>";
        const string Next = "</host><host><status state=\"up\" reason=\"x\"/><address addr=\"198.18.0.2\"/>";
        var hops = System.Xml.Linq.XDocument.Parse(WithoutDocumentType(Rewritten(Nmap(Way + Next)))).Descendants("hop");
        Assert.Equal(["2 192.0.2.2"], hops.Select(static hop => $"{hop.Attribute("ttl")!.Value} {hop.Attribute("ipaddr")!.Value}"));
    }

    [Fact]
    public void CPE_names_are_carried_over()
    {
        var rewritten = Rewritten(Nmap("""
            <ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/>
            <service name="ssh" product="OpenSSH" method="probed" conf="10"><cpe>cpe:/a:openbsd:openssh:9.2p1</cpe><cpe>nothing</cpe>
            <cpe>cpe:/o:linux:linux_kernel</cpe></service></port></ports>
            """));
        Assert.Contains("<cpe>cpe:/a:openbsd:openssh:9.2p1</cpe><cpe>cpe:/o:linux:linux_kernel</cpe></service>", rewritten,
            StringComparison.Ordinal);
    }

    private static string TextOf(Stream stream) => Encoding.UTF8.GetString(((MemoryStream)stream).ToArray());

    private static string WithoutDocumentType(string xml) =>
        System.Text.RegularExpressions.Regex.Replace(xml, "<!DOCTYPE[^>]*>|<\\?xml-stylesheet[^>]*>", "");

    [Fact]
    public void A_cancelled_replay_ends_in_order()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Masscan));
        var seen = new Witness();
        var end = new NmapXmlReader(stream, "scan.xml", [seen]).Replay(new CancellationToken(canceled: true));
        Assert.False(end.IsComplete);
    }

    [Fact]
    public void A_read_that_fails_is_an_error_for_people()
    {
        var error = Assert.Throws<PortolanException>(
            () => new NmapXmlReader(new BrokenStream(), "scan.xml", []).Replay(TestContext.Current.CancellationToken));
        Assert.Equal("cannot read scan.xml: the disk is gone", error.Message);
    }

    private static string Nmap(string facts) => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE nmaprun PUBLIC "-//IDN nmap.org//DTD Nmap XML 1.04//EN" "https://svn.nmap.org/nmap/docs/nmap.dtd">
        <nmaprun scanner="nmap" args="nmap -sS 198.18.0.1" start="1795173331" version="6.40" xmloutputversion="1.04">
        <scaninfo type="syn" protocol="tcp" numservices="4" services="20-23"/><verbose level="0"/><debugging level="0"/><hosthint><status state="up" reason="x" reason_ttl="0"/><address addr="198.18.0.77"/></hosthint>
        <host starttime="1795173331" endtime="1795173332"><status state="up" reason="arp-response" reason_ttl="0"/><address addr="198.18.0.1" addrtype="ipv4"/><hostnames/>{facts}</host>
        <runstats><finished time="1795173333" elapsed="2.00" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
        </nmaprun>
        """;

    private static string Rewritten(string xml, ScanOutputOptions? options = null)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(xml));
        using var output = new MemoryStream();
        new NmapXmlReader(input, "scan.xml", [new NmapXmlWriter(output, options ?? ScanStories.Options)]).Replay(
            TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static Witness Replay(string xml, Witness? witness = null, int mostHeld = 1000)
    {
        witness ??= new Witness();
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(xml));
        new NmapXmlReader(input, "scan.xml", [witness], mostHeld).Replay(TestContext.Current.CancellationToken);
        return witness;
    }

    private static HostStory RandomHost(Random random, int number)
    {
        var host = new HostStory($"198.18.0.{number}", random.Next(3) == 0 ? "a\"<&>\t\u001b\ud83d\ude00\u202e" : null)
        {
            Reverse = random.Next(3) == 0 ? "b'é" : null,
            TimedOut = random.Next(8) == 0,
            Everything = random.Next(8) == 0,
            Partial = random.Next(8) == 0,
            RoundTrip = random.Next(2) == 0 ? ScanStories.RoundTrip : null,
        }.Status(
            (HostStatus)random.Next(3), (ReplyReason)random.Next(20), (byte)random.Next(256),
            random.Next(2) == 0 ? new Portolan.Packets.MacAddress(0x0200_0000_00ff) : null);
        var first = 1;
        while (host.Result.Status == HostStatus.Up && first < 300 && random.Next(5) > 0)
        {
            var last = first + random.Next(90);
            host.With(
                random.Next(2) == 0 ? ScanStories.Tcp : ScanStories.Udp, $"{first}-{last}", (PortState)random.Next(1, 7),
                (ReplyReason)random.Next(20), (byte)random.Next(256),
                random.Next(3) == 0 ? "2001:db8::1" : null);
            first = last + 2;
        }

        return host;
    }

    private sealed class Witness : IScanObserver
    {
        public List<string> Events { get; } = [];

        public List<PortResult> Open { get; } = [];

        public void Started(ScanStart run) => Events.Add($"start {run.ReplayOf} {run.Mode}");

        public void HostFound(HostResult host) => Events.Add($"found {host.Target.Address}");

        public void PortFound(Target target, in PortResult port)
        {
            Open.Add(port);
            Events.Add($"port {target.Address} {port.Port.Port.Value}/{port.Port.Protocol.Name()} {port.State.Name()} {port.Reason.Name()} "
                + $"{port.Evidence}");
        }

        public void HostFinished(HostReport report)
        {
            var ports = new List<string>();
            report.ForEachPort(
                p => ports.Add($"{p.Port.Port.Value}/{p.Port.Protocol.Name()} {p.State.Name()} "
                    + $"{p.Evidence}{(p.ReasonAddress is { } by ? $" by {by}" : "")}"));
            Assert.Equal(ports.Count, report.Groups.Sum(g => g.Ports.Count));
            Events.Add(
                $"host {report.Host.Target.Address} {report.Host.Status.Name()} {report.Host.Reason.Name()}: {string.Join(", ", ports)}");
        }

        public void Progress(ScanProgress progress) => Events.Add("progress");

        public void Warning(string message) => Events.Add($"warning {message}");

        public void Ended(ScanEnd balance) => Events.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"end {(balance.IsComplete ? "complete" : "incomplete")} {balance.HostsUp} up {balance.HostsTotal} total "
                + $"{balance.Elapsed.TotalSeconds} s{(balance.Incomplete is { } why ? $": {why}" : "")}"));
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("the disk is gone");
    }
}
