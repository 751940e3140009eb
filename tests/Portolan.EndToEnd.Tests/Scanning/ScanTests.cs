using System.Text.Json;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary><c>portolan scan</c> as people run it, against a host whose truth is known.</summary>
public sealed class ScanTests(ScanLab lab) : IClassFixture<ScanLab>
{
    private const string OpenPorts = "22/tcp,80/tcp,8080/tcp";

    [Theory]
    [InlineData("-sT")]
    [InlineData("-sT -n -Pn -T4")]
    [InlineData("-sT -r")]
    [InlineData("-sT --unprivileged")]
    public void A_connect_scan_finds_what_listens(string words)
    {
        var result = lab.Scan($"{words} -p 1-10000 {ScanLab.Target}").Expect(0);
        Assert.Equal(OpenPorts, Open(result));
        Assert.Contains("9999/tcp  filtered", result.Output, StringComparison.Ordinal);
        Assert.Contains("Not shown: 9,996 closed tcp ports (conn-refused)", result.Output, StringComparison.Ordinal);
        Assert.Contains("with the system's connections: -sT", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_scans_by_connections_and_is_told_why()
    {
        var result = lab.ScanAsNobody($"-p 22,23,80 {ScanLab.Target}").Expect(0);
        Assert.Equal("22/tcp,80/tcp", Open(result));
        Assert.Contains("with the system's connections: without CAP_NET_RAW", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_scans_udp_by_connected_sockets()
    {
        var result = lab.ScanAsNobody($"-sU -p 5300,5301 --min-rtt-timeout 1s {ScanLab.Target}").Expect(0);
        Assert.Equal("5300/udp", Open(result));
        Assert.Contains("5301/udp  closed", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-sS")]
    [InlineData("-sX")]
    [InlineData("-PE")]
    [InlineData("--privileged")]
    public void What_needs_a_capability_is_not_replaced_without_it(string option)
    {
        var result = lab.ScanAsNobody($"{option} {ScanLab.Target}").Expect(4);
        Assert.StartsWith(
            $"portolan: {option} needs the capability CAP_NET_RAW, which this user lacks\nhint: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-sS")]
    [InlineData("-sS -n -Pn -T4")]
    [InlineData("-sS --scan-delay 0 -r")]
    public void Packets_find_what_listens(string words)
    {
        var result = lab.Scan($"{words} -p 1-10000 --max-retries 2 {ScanLab.Target}").Expect(0);
        Assert.Equal(OpenPorts, Open(result));
        Assert.Contains("Not shown: 9,996 closed tcp ports (reset)", result.Output, StringComparison.Ordinal);
        Assert.Contains("with raw packets: CAP_NET_RAW is available", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_capability_alone_is_enough_for_packets()
    {
        var result = lab.ScanWithRawCapability($"-sS -p 22,23,80 {ScanLab.Target}").Expect(0);
        Assert.Equal("22/tcp,80/tcp", Open(result));
    }

    [Theory]
    [InlineData("-sA", "22/tcp    unfiltered", "9999/tcp  filtered")]
    [InlineData("-sN", "22/tcp    open|filtered", "23/tcp    closed")]
    [InlineData("-sF", "22/tcp    open|filtered", "23/tcp    closed")]
    [InlineData("-sX", "22/tcp    open|filtered", "23/tcp    closed")]
    public void Every_type_says_what_nmaps_table_says(string type, string first, string second)
    {
        var result = lab.Scan($"{type} -p 22,23,9999 --max-retries 1 {ScanLab.Target}").Expect(0);
        Assert.Contains(first, result.Output, StringComparison.Ordinal);
        Assert.Contains(second, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tcp_and_udp_go_together()
    {
        var result = lab.Scan($"-sSU -p T:22,U:5300,5301 --min-rtt-timeout 1s {ScanLab.Target}").Expect(0);
        Assert.Equal("22/tcp,5300/udp", Open(result));
        Assert.Contains("5301/udp  closed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packet_trace_shows_what_was_sent_and_came_back()
    {
        var result = lab.Scan($"-sS -n -Pn --disable-arp-ping -p 22 --packet-trace {ScanLab.Target}").Expect(0);
        Assert.Matches(@"SENT \(\d+\.\d{4}s\) TCP 198\.18\.0\.1:\d+ > 198\.18\.0\.2:22 S ", result.Error);
        Assert.Matches(@"RCVD \(\d+\.\d{4}s\) TCP 198\.18\.0\.2:22 > 198\.18\.0\.1:\d+ SA ", result.Error);
    }

    [Fact]
    public void A_port_that_only_the_scan_itself_uses_is_not_open()
    {
        var result = lab.Shell(
            "exec unshare -n sh -c 'ip link set lo up; echo 40000 40009 > /proc/sys/net/ipv4/ip_local_port_range; exec \"$0\" scan -sT "
                + "--unprivileged --max-parallelism 1 -n -p 40000-40009 127.0.0.1' \"$0\"").Expect(0);
        Assert.Equal("", Open(result));
    }

    [Fact]
    public void Sixty_four_descriptors_are_enough_for_every_port()
    {
        var result = lab.Shell($"ulimit -n 64; exec \"$0\" scan -sT -p- -T4 {ScanLab.Target}").Expect(0);
        Assert.Equal(OpenPorts, Open(result));
        Assert.Contains("Not shown: 65,531 closed tcp ports (conn-refused)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_needs_a_stdin()
    {
        Assert.Equal("22/tcp", Open(lab.Shell($"exec \"$0\" scan -sT -p22 {ScanLab.Target} <&-").Expect(0)));
        var refused = lab.Shell("exec \"$0\" scan -sT -p22 10.0.0.0/8 <&-").Expect(2);
        Assert.Contains("hint: to confirm, add --yes", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_goes_away_is_success()
    {
        using var program = lab.Start($"-sT -p1-10000 --all-states {ScanLab.Target}");
        Assert.NotNull(program.NextLine());
        program.Output.Close();
        program.FinishUnread().Expect(0);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void A_signal_ends_a_scan_in_order_with_what_was_found(string signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        var xml = Path.Combine(folder.Path, "out.xml");
        using var program =
            lab.Start($"-sT -n -Pn -p22,80 -v --initial-rtt-timeout 50s --max-rtt-timeout 50s -oX {xml} {ScanLab.Target} 198.18.0.77");
        program.WaitForError("found: 22/tcp is open");
        program.Signal(signal);
        var result = program.Finish().Expect(exitCode);
        Assert.Contains("Incomplete: interrupted", result.Output, StringComparison.Ordinal);
        Assert.Contains("22/tcp", result.Output, StringComparison.Ordinal);
        Assert.NotNull(XDocument.Load(xml).Root!.Element("runstats"));
    }

    [Fact]
    public void A_time_that_is_over_ends_it_with_partial_results()
    {
        var result =
            lab.Scan($"-sT -Pn -p22 --max-rtt-timeout 9s --initial-rtt-timeout 9s --max-time 1s {ScanLab.Target} 198.18.0.77").Expect(3);
        Assert.Equal("22/tcp", Open(result));
        Assert.Contains("Incomplete: --max-time expired", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-sS", "KILL")]
    [InlineData("-sT", "TERM")]
    public void A_scan_goes_on_from_its_journal_with_every_option_remembered(string type, string signal)
    {
        using var folder = new TemporaryFolder();
        var (journal, xml) = (folder["scan.journal"], folder["out.xml"]);
        using (var program =
            lab.Start($"{type} -n -Pn -p 1-300,8080 --max-rate 200 --max-retries 1 --journal {journal} -oX {xml} {ScanLab.Target}"))
        {
            // Longer than the second that a journal may lag behind.
            WaitFor(() => File.Exists(journal) && new FileInfo(journal).Length > 1000);
            program.Signal(signal);
            program.Finish();
        }

        Assert.True(File.Exists(journal), "the journal stays when the scan is cut short");
        var result = lab.Scan($"--resume {journal}").Expect(0);
        Assert.Equal(OpenPorts, Open(result));
        Assert.Contains("Not shown: 298 closed tcp ports", result.Output, StringComparison.Ordinal);
        Assert.Contains($"goes on with {journal}", result.Error, StringComparison.Ordinal);
        Assert.Equal(3, XDocument.Load(xml).Descendants("port").Count());
        Assert.False(File.Exists(journal), "nothing is left to resume");
    }

    [Theory]
    [InlineData("--resume -p80", "does not accept '--ports=80'")]
    [InlineData("--resume no-such-file", "the file does not exist")]
    [InlineData("--resume /etc/passwd", "this is not the journal of a scan")]
    public void A_resumption_that_cannot_be_is_refused(string line, string named)
    {
        var result = lab.Scan(line).Expect(2);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_usual_command_line_of_nmap_writes_its_three_files()
    {
        using var folder = new TemporaryFolder();
        lab.Scan($"-sT -p- -T4 -oA {folder.Path}/out {ScanLab.Target}").Expect(0);
        var open = XDocument.Load($"{folder.Path}/out.xml").Descendants("port").Where(
            p => p.Element("state")!.Attribute("state")!.Value == "open");
        Assert.Equal(["22", "80", "8080"], open.Select(p => p.Attribute("portid")!.Value));
        Assert.Contains("22/open/tcp//ssh///", File.ReadAllText($"{folder.Path}/out.gnmap"), StringComparison.Ordinal);
        Assert.Contains("8080/tcp open", File.ReadAllText($"{folder.Path}/out.nmap"), StringComparison.Ordinal);
    }

    [Fact]
    public void Xml_to_stdout_has_it_alone()
    {
        var result = lab.Scan($"-sT -n -p22 -oX - {ScanLab.Target}").Expect(0);
        Assert.Equal("nmaprun", XDocument.Parse(result.Output).Root!.Name.LocalName);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Json_follows_its_schema_line_by_line()
    {
        var result = lab.Scan($"-sT -p22,23,9999 --all-states --json {ScanLab.Target}").Expect(0);
        var schema = JsonSchema.Load("portolan.scan/1");
        foreach (var line in result.Output.TrimEnd('\n').Split('\n'))
        {
            using var document = JsonDocument.Parse(line);
            Assert.Empty(schema.Validate(document.RootElement));
        }

        Assert.Contains("\"port\":22,\"state\":\"open\",\"reason\":\"syn-ack\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_that_are_up_are_found_without_a_port_scan()
    {
        var result = lab.Scan("-sn -n 198.18.0.0/29").Expect(0);
        Assert.Contains("198.18.0.1 is up", result.Output, StringComparison.Ordinal);
        Assert.Contains("198.18.0.2 is up", result.Output, StringComparison.Ordinal);
        Assert.Contains("2 hosts up of 8", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PORT", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Targets_of_a_file_are_scanned_but_for_the_excluded_ones()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText($"{folder.Path}/list", "198.18.0.1-2 # both\n198.18.0.77\n");
        File.WriteAllText($"{folder.Path}/not", "198.18.0.64/26\n");
        var result = lab.Scan($"-sT -p22 -iL {folder.Path}/list --exclude 198.18.0.1 --excludefile {folder.Path}/not").Expect(0);
        Assert.Contains("1 host up of 1", result.Output, StringComparison.Ordinal);
        Assert.Contains("1 host up of 1", lab.Scan("-sT -p22 -iL -", "198.18.0.2\n").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_of_their_own_belong_to_their_host()
    {
        var result = lab.Scan("-sT 198.18.0.2:22,23 198.18.0.1:1").Expect(0);
        Assert.Equal("22/tcp", Open(result));
        Assert.Contains("3 probes planned", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "'--frobnicate'", "--frobnicate 198.18.0.2")]
    [InlineData(2, "-p \"70000\": ports end at 65535", "-p 70000 198.18.0.2")]
    [InlineData(2, "--excludefile", "198.18.0.2 --excludefile no-such-file")]
    [InlineData(2, "no interface is named etx0", "-e etx0 -sT -p22 198.18.0.2")]
    [InlineData(3, "interface down0 is down", "-e down0 -sT -p22 198.18.0.2")]
    [InlineData(3, "no route to 192.0.2.1", "-sT -p22 192.0.2.1")]
    [InlineData(3, "203.0.113.9 is not an address of this host", "-S 203.0.113.9 -sT -p22 198.18.0.2")]
    [InlineData(3, "no.such.name.invalid", "-sT -p22 no.such.name.invalid")]
    public void Bad_input_is_named_with_the_remedy(int exitCode, string named, string line)
    {
        var result = lab.Scan(line).Expect(exitCode);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("no.such.name.invalid")]
    public void A_bad_target_among_others_leaves_them_to_be_scanned(string bad)
    {
        var result = lab.Scan($"-sT -p22 {bad} {ScanLab.Target}").Expect(3);
        Assert.Equal("22/tcp", Open(result));
        Assert.Contains(bad, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_sees_where_the_scan_stands_and_a_key_asks_for_more()
    {
        var result =
            lab.OnTerminal("-sT -Pn -p22 --initial-rtt-timeout 700ms --max-rtt-timeout 700ms --max-retries 1 198.18.0.77", "x").Expect(0);
        Assert.Contains("\r\u001b[Kconnect scan ", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"\d\.\d\d s: connect scan \d+% done.* sent, 0 answered", result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    public void The_terminal_gets_its_mode_back(string signal)
    {
        var scan =
            $"'{PortolanProgram.Path}' scan -sT -n -Pn -p22 --initial-rtt-timeout 900ms --max-rtt-timeout 900ms "
                + $"--max-retries 2 198.18.0.77";
        var ending = signal.Length > 0 ? $"pkill -{signal} -P $$ -x portolan; " : "";
        var watch = $"until stty -a </dev/tty | grep -e -icanon >during || [ -e after ]; do sleep 0.02; done; {ending}";
        var script = $"stty -a >before; ({watch}) & {scan}; stty -a >after; wait; cat during; cmp before after && echo same mode";
        using var folder = new TemporaryFolder();
        var output = lab.ShellOnTerminal($"cd {folder.Path}; ulimit -c 0; {script}").Output;
        Assert.Contains("-icanon", output, StringComparison.Ordinal);
        Assert.Contains("same mode", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_interfaces_and_routes_of_the_host_are_listed()
    {
        var result = lab.Scan("--iflist").Expect(0);
        Assert.Matches(@"scan0 +up +Ethernet +1500 +([0-9a-f]{2}:){5}[0-9a-f]{2} +198\.18\.0\.1/24, 2001:db8::1/64", result.Output);
        Assert.Matches(@"down0 +down", result.Output);
        Assert.Matches(@"198\.18\.0\.0/24 +- +scan0", result.Output);
    }

    [Fact]
    public void Nothing_moves_where_there_is_no_terminal() =>
        Assert.DoesNotContain('\r', lab.Scan("-sT -Pn -p22 --max-rtt-timeout 300ms --max-retries 1 198.18.0.77").Expect(0).Error);

    private static string Open(RunResult result) =>
        string.Join(
            ',',
            result.Output.Split('\n').Where(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "open", ..]).Select(
                l => l.Split(' ')[0]));

    private static void WaitFor(Func<bool> condition)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (condition())
            {
                return;
            }

            Thread.Sleep(50);
        }

        Assert.Fail("it was waited for in vain");
    }
}
