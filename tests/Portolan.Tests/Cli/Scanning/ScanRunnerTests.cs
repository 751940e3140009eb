using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>The whole command in this process, on a machine that is a table.</summary>
public sealed class ScanRunnerTests
{
    private readonly FakeScanMachine _machine = new() { RawAllowed = true };

    public ScanRunnerTests()
    {
        _machine.Hosts["198.18.0.1"] = [22, 80];
        _machine.Hosts["198.18.0.2"] = [];
        _machine.Names["www.example"] = "198.18.0.1";
    }

    [Fact]
    public void A_scan_prints_hosts_and_balance_to_stdout_and_its_head_to_stderr()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "-p", "22,80,443", "198.18.0.1-3"));
        Assert.StartsWith(
            """
            198.18.0.1 is up
            PORT     STATE   SERVICE  EVIDENCE
            22/tcp   open    ssh      syn-ack
            80/tcp   open    http     syn-ack
            443/tcp  closed  https    -

            198.18.0.2 is up
            PORT     STATE   SERVICE  EVIDENCE
            22/tcp   closed  ssh      -
            80/tcp   closed  http     -
            443/tcp  closed  https    -

            2 hosts up of 3, scanned in 
            """,
            console.Output,
            StringComparison.Ordinal);
        Assert.Equal("portolan: 3 targets, 9 probes, with raw packets: CAP_NET_RAW is available; seed 42\n", console.Error);
    }

    [Fact]
    public void Json_has_stdout_alone()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "-p22", "198.18.0.1", "--json"));
        var lines = console.Output.TrimEnd('\n').Split('\n');
        Assert.Contains("\"event\":\"start\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"event\":\"end\"", lines[^1], StringComparison.Ordinal);
        Assert.Empty(console.Error);
    }

    [Fact]
    public void A_name_that_is_not_found_leaves_the_others_to_be_scanned()
    {
        var console = Console();
        Assert.Equal(3, console.Run("scan", "-p22", "nowhere.example", "www.example"));
        Assert.Contains("www.example (198.18.0.1) is up", console.Output, StringComparison.Ordinal);
        Assert.Contains("nowhere.example", console.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "no target was given", "-p22")]
    [InlineData(2, "no target is left to scan", "198.18.0.1 --exclude 198.18.0.0/24")]
    [InlineData(2, "-p \"70000\"", "-p 70000 198.18.0.1")]
    [InlineData(2, "-p \"9-5\"", "-p 9-5 198.18.0.1")]
    [InlineData(2, "198.18.0.300", "198.18.0.300")]
    [InlineData(2, "no-such-file", "198.18.0.1 --excludefile no-such-file")]
    [InlineData(2, "no-such-file", "-iL no-such-file")]
    [InlineData(3, "nowhere.example", "nowhere.example")]
    [InlineData(3, "-oX: cannot write no/such/folder.xml: folder no/such does not exist", "198.18.0.1 -oX no/such/folder.xml")]
    [InlineData(2, "this is a scan of 16,777,216 targets", "10.0.0.0/8")]
    public void Bad_input_is_named_with_a_remedy_and_nothing_is_sent(int exitCode, string named, string words)
    {
        var console = Console();
        Assert.Equal(exitCode, console.Run(["scan", .. words.Split(' ')]));
        Assert.StartsWith("portolan: ", console.Error, StringComparison.Ordinal);
        Assert.Contains(named, console.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", console.Error, StringComparison.Ordinal);
        Assert.Empty(console.Output);
        Assert.Empty(_machine.Opened);
    }

    [Theory]
    [InlineData("n\n", true, "", 0)]
    [InlineData("", true, "", 0)]
    [InlineData("y\n", true, "", 1)]
    [InlineData("y\n", false, "", 0)]
    [InlineData("", false, "--yes", 1)]
    public void A_large_scan_runs_when_somebody_says_yes(string input, bool isTerminal, string option, int opened)
    {
        var console = Console(input, isTerminal);
        Assert.NotEqual(
            0, console.Run(["scan", "-sn", "10.0.0.0/8", "--max-time", "1ms", .. option.Length > 0 ? [option] : Array.Empty<string>()]));
        Assert.Equal(opened, _machine.Opened.Count);
        Assert.Equal(isTerminal, console.Error.StartsWith("This is a scan of 16,777,216 "
            + "targets. Continue? [y/N] ", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_privilege_a_type_asked_for_by_name_ends_with_4()
    {
        var machine = new FakeScanMachine();
        var console = new TestConsole { ScanMachine = machine };
        Assert.Equal((int)ExitCode.NoPrivilege, console.Run("scan", "-sS", "198.18.0.1"));
        Assert.Empty(machine.Opened);
        console = new TestConsole { ScanMachine = machine };
        Assert.Equal(0, console.Run("scan", "198.18.0.1"));
        Assert.Equal(["connect"], machine.Opened);
        Assert.Contains("with the system's connections: without CAP_NET_RAW", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connect_scan_with_privilege_opens_both_ways()
    {
        Assert.Equal(0, Console().Run("scan", "-sT", "-p22", "198.18.0.1"));
        Assert.Equal(["raw", "connect"], _machine.Opened);
    }

    [Fact]
    public void Hosts_that_are_down_are_a_complete_answer()
    {
        var console = Console();
        var exitCode = console.Run("scan", "-p22", "198.18.0.200");
        Assert.Contains("0 hosts up of 1", console.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (exitCode, console.Error.Contains("incomplete", StringComparison.Ordinal) ? console.Error : ""));
    }

    [Fact]
    public void A_list_sends_nothing()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "-sL", "198.18.0.1-2", "www.example"));
        Assert.Equal(
            "198.18.0.1\n198.18.0.2\n2 targets; nothing was sent to them\n",
            console.Output.Replace("www.example (198.18.0.1)", "198.18.0.1", StringComparison.Ordinal));
        Assert.Empty(_machine.Opened);
    }

    [Theory]
    [InlineData("--top-ports", "10", "10 tcp ports, most common first: 80 443 22 21 8080 7547 445 3389 25 3306")]
    [InlineData("-p", "9999,22,U:53", "2 tcp ports, most common first: 22 9999")]
    public void A_list_names_the_ports_that_are_asked_for(string option, string value, string line)
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "-sL", option, value, "198.18.0.1"));
        Assert.EndsWith($"1 target; nothing was sent to them\n{line}\n", console.Output, StringComparison.Ordinal);
        Assert.Empty(_machine.Opened);
    }

    [Fact]
    public void Targets_come_from_stdin_too()
    {
        var console = Console(input: "198.18.0.1 # the first\n198.18.0.2:80\n");
        Assert.Equal(0, console.Run("scan", "-p22", "-iL", "-"));
        Assert.Contains("22/tcp  open", console.Output, StringComparison.Ordinal);
        Assert.Contains("80/tcp  closed", console.Output, StringComparison.Ordinal);
        Assert.Equal(2, Console(input: "").Run("scan", "-", "-iL", "-"));
    }

    [Fact]
    public void Excluded_ports_are_not_used_to_find_hosts_either()
    {
        Assert.Equal(0, Console().Run("scan", "-p1-100", "--exclude-ports", "80", "198.18.0.1"));
        var discovery = _machine.Settings!.Discovery;
        Assert.Equal((false, true, "443", null), (discovery.IsDefault, discovery.Echo, discovery.SynPorts!.ToString(), discovery.AckPorts));
    }

    [Fact]
    public void Open_ports_are_told_at_once_with_v()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "-v", "-p22,443", "198.18.0.1"));
        Assert.Contains("found: 22/tcp is open on 198.18.0.1\n", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Traced_packets_go_to_stderr()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "--packet-trace", "-p22", "198.18.0.1"));
        Assert.Contains("SENT 22\n", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_table_of_connections_is_warned_of_before_a_connect_scan()
    {
        var machine = new FakeScanMachine { Table = new(Count: 65_000, Limit: 65_536) };
        machine.Hosts["198.18.0.1"] = [];
        var console = new TestConsole { ScanMachine = machine };
        Assert.Equal(0, console.Run("scan", "-p-", "198.18.0.1"));
        Assert.Contains(
            "warning: this host's connection tracking table has room for 536 more", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_formats_are_written_beside_the_table()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var name = Path.Combine(folder.FullName, "out");
            Assert.Equal(0, Console().Run("scan", "-p22", "198.18.0.1", "-oA", name, "-oJ", $"{name}.jsonl"));
            Assert.Contains("portid=\"22\"", File.ReadAllText($"{name}.xml"), StringComparison.Ordinal);
            Assert.Contains("22/open/tcp", File.ReadAllText($"{name}.gnmap"), StringComparison.Ordinal);
            Assert.Contains("22/tcp open", File.ReadAllText($"{name}.nmap"), StringComparison.Ordinal);
            Assert.Contains("\"port\":22", File.ReadAllText($"{name}.jsonl"), StringComparison.Ordinal);
            Assert.Contains("args=\"portolan scan -p22 198.18.0.1", File.ReadAllText($"{name}.xml"), StringComparison.Ordinal);
            var before = File.ReadAllText($"{name}.gnmap");
            Assert.Equal(0, Console().Run("scan", "-p22", "198.18.0.1", "-oG", $"{name}.gnmap", "--append-output"));
            Assert.StartsWith(before, File.ReadAllText($"{name}.gnmap"), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Xml_is_printed_in_any_form_and_nothing_is_sent()
    {
        var xml = Console();
        Assert.Equal(0, xml.Run("scan", "-p22,443", "198.18.0.1", "-oX", "-"));
        _machine.Opened.Clear();
        var table = Console(input: xml.Output);
        Assert.Equal(0, table.Run("scan", "--from-xml", "-"));
        Assert.Contains("22/tcp   open    ssh", table.Output, StringComparison.Ordinal);
        Assert.StartsWith("Results of ", table.Output, StringComparison.Ordinal);
        var json = Console(input: xml.Output);
        Assert.Equal(0, json.Run("scan", "--from-xml", "-", "--json"));
        Assert.Contains("\"port\":22,\"state\":\"open\"", json.Output, StringComparison.Ordinal);
        Assert.Empty(_machine.Opened);
    }

    [Theory]
    [InlineData(2, "--from-xml no-such-file: the file does not exist", "--from-xml no-such-file")]
    [InlineData(2, "--from-xml scans nothing", "--from-xml - 198.18.0.1")]
    [InlineData(3, "standard input: ", "--from-xml -")]
    public void Xml_that_is_none_is_refused(int exitCode, string message, string words)
    {
        var console = Console(input: "this is a text file\n");
        Assert.Equal(exitCode, console.Run(["scan", .. words.Split(' ')]));
        Assert.Contains(message, console.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", console.Error, StringComparison.Ordinal);
        Assert.Empty(console.Output);
    }

    private TestConsole Console(string input = "", bool isTerminal = false) => new()
    {
        ScanMachine = _machine,
        Input = input,
        InputIsTerminal = isTerminal,
    };
}
