using Portolan.Cli.Scanning.Options;
using Portolan.Scan.Engine;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>What options mean, alone and together.</summary>
public sealed class ScanOptionsTests
{
    [Fact]
    public void Without_options_nothing_is_named_and_the_usual_pace_runs()
    {
        var request = ScanLine.Read("192.0.2.1");
        Assert.Null(request.Technique.Named);
        Assert.Equal(TimingSettings.Template(3), request.Timing);
        Assert.True(request.Discovery.IsDefault);
        Assert.Empty(request.Output.Files);
        Assert.Equal(0, request.Output.Verbosity);
        Assert.True(request.Output.Interactive);
    }

    [Theory]
    [InlineData("-sS", TcpTechnique.Syn, false)]
    [InlineData("-sT", TcpTechnique.Connect, false)]
    [InlineData("-sA", TcpTechnique.Ack, false)]
    [InlineData("-sN", TcpTechnique.Null, false)]
    [InlineData("-sF", TcpTechnique.Fin, false)]
    [InlineData("-sX", TcpTechnique.Xmas, false)]
    [InlineData("-sU", TcpTechnique.None, true)]
    [InlineData("-sSU", TcpTechnique.Syn, true)]
    [InlineData("--scanflags SYNFIN", TcpTechnique.Syn, false)]
    [InlineData("-sF --scanflags SYNFIN", TcpTechnique.Fin, false)]
    public void Scan_types_name_a_technique(string words, object technique, bool udp)
    {
        var request = ScanLine.Read($"{words} h");
        Assert.Equal((TcpTechnique)technique, request.Technique.Named);
        Assert.Equal(udp, request.Technique.Udp);
    }

    [Theory]
    [InlineData("SYN", 0x02)]
    [InlineData("synack", 0x12)]
    [InlineData("URGACKPSHRSTSYNFIN", 0x3f)]
    [InlineData("ECECWR", 0xc0)]
    [InlineData("ALL", 0xff)]
    [InlineData("NONE", 0)]
    [InlineData("9", 9)]
    [InlineData("0x29", 0x29)]
    public void Flags_are_numbers_or_names_in_a_row(string text, byte flags) =>
        Assert.Equal(flags, ScanLine.Read($"--scanflags {text} h").Technique.TcpFlags);

    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("900000ms", 900_000)]
    [InlineData("900s", 900_000)]
    [InlineData("15m", 900_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1.5s", 1_500)]
    public void Times_are_seconds_or_end_in_their_unit(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ScanLine.Read($"--host-timeout {text} h").Timing.HostTimeout);

    [Fact]
    public void A_template_gives_way_to_what_was_said_beside_it_wherever_it_stands()
    {
        var timing = ScanLine.Read("--max-retries 1 --host-timeout 0 -T5 h").Timing;
        Assert.Equal((5, 1, TimeSpan.Zero), (timing.Number, timing.MaxRetries, timing.HostTimeout));
        Assert.Equal(TimeSpan.FromMilliseconds(300), timing.MaxRoundTripTimeout);
    }

    [Fact]
    public void Waits_that_were_not_said_follow_those_that_were()
    {
        var timing = ScanLine.Read("--max-rtt-timeout 50ms h").Timing;
        Assert.Equal(TimeSpan.FromMilliseconds(50), timing.InitialRoundTripTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(50), timing.MinRoundTripTimeout);
        Assert.Equal(TimeSpan.FromSeconds(20), ScanLine.Read("--initial-rtt-timeout 20s h").Timing.MaxRoundTripTimeout);
        Assert.Equal(TimeSpan.FromSeconds(3), ScanLine.Read("--scan-delay 3s -T4 h").Timing.MaxScanDelay);
        Assert.Equal(7, ScanLine.Read("--min-parallelism 7 -T2 h").Timing.MaxParallelism);
    }

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("100k", 100_000)]
    [InlineData("1.5M", 1_500_000)]
    public void Rates_are_probes_per_second(string text, double rate) =>
        Assert.Equal(rate, ScanLine.Read($"--rate {text} h").Timing.MaxRate);

    [Fact]
    public void Discovery_ports_are_attached_and_add_up()
    {
        var discovery = ScanLine.Read("-PS22,80 -PS443 -PU -PE h").Discovery;
        Assert.False(discovery.IsDefault);
        Assert.Equal("22,80,443", discovery.SynPorts!.ToString());
        Assert.Equal("40125", discovery.UdpPorts!.ToString());
        Assert.Null(discovery.AckPorts);
        Assert.True(discovery.Echo);
    }

    [Theory]
    [InlineData("-v", 1)]
    [InlineData("-vv", 2)]
    [InlineData("-v -v -v", 3)]
    [InlineData("-v4 -v", 5)]
    [InlineData("-v2", 2)]
    [InlineData("-d", 1)]
    public void Levels_add_up(string words, int level) => Assert.Equal(level, ScanLine.Read($"{words} h").Output.Verbosity);

    [Fact]
    public void All_formats_get_their_files()
    {
        var files = ScanLine.Read("-oA out/a -oJ j.jsonl h").Output.Files;
        Assert.Equal(["j.jsonl", "out/a.nmap", "out/a.xml", "out/a.gnmap"], files.Select(f => f.Path));
        Assert.False(ScanLine.Read("-oX a h").Output.StdoutIsTaken);
        Assert.True(ScanLine.Read("-oX - h").Output.StdoutIsTaken);
        Assert.True(ScanLine.Read("--json h").Output.StdoutIsTaken);
    }

    [Theory]
    [InlineData("scan-%T-%D.xml", "scan-050607-030426.xml")]
    [InlineData("%Y%m%d_%H%M%S", "20260304_050607")]
    [InlineData("%R%%%x%", "0506%x%")]
    public void Times_in_file_names_are_replaced(string name, string expected) =>
        Assert.Equal(expected, OutputFileName.Expand(name, ScanLine.Now));

    [Theory]
    [InlineData("1/3", 0, 3)]
    [InlineData("3/3", 2, 3)]
    public void A_share_is_counted_from_one(string text, int index, int count)
    {
        var run = ScanLine.Read($"--shard {text} --seed 0x10 h").Run;
        Assert.Equal((index, count, 16UL), (run.Shard, run.ShardCount, run.Seed!.Value));
    }

    [Fact]
    public void Resume_takes_a_file_or_the_last_run()
    {
        Assert.Equal((true, null), (ScanLine.Read("--resume").Run.Resumes, ScanLine.Read("--resume").Run.ResumeFile));
        Assert.Equal("f", ScanLine.Read("--resume f").Run.ResumeFile);
        Assert.False(ScanLine.Read("h").Run.Resumes);
    }

    [Theory]
    [InlineData("-sS -sT h", "-sS and -sT are both TCP scan types")]
    [InlineData("-sAF h", "-sA and -sF are both TCP scan types")]
    [InlineData("-sn -sS h", "-sS cannot be combined with -sn, which scans no ports")]
    [InlineData("--own-stack -sT h", "--own-stack cannot be combined with -sT, which uses kernel connections")]
    [InlineData("--own-stack -sA h", "--own-stack cannot be combined with -sA, which proves no port open")]
    [InlineData("--own-stack -sU h", "--own-stack cannot be combined with -sU alone: no TCP port is scanned")]
    [InlineData("--own-stack -sn h", "--own-stack cannot be combined with -sn, which scans no ports")]
    [InlineData("--own-stack -sL h", "--own-stack cannot be combined with -sL, which sends nothing")]
    [InlineData(
        "--own-stack -sS --scanflags SYNFIN h", "--own-stack cannot be combined with --scanflags, whose probes get no SYN-ACK")]
    [InlineData("--banners -sA h", "--banners cannot be combined with -sA, which proves no port open")]
    [InlineData("--banners -sU h", "--banners cannot be combined with -sU alone: no TCP port is scanned")]
    [InlineData("--banners -sn h", "--banners cannot be combined with -sn, which scans no ports")]
    [InlineData("--banners -sL h", "--banners cannot be combined with -sL, which sends nothing")]
    [InlineData("--own-stack -g 53 h", "-g cannot be combined with --own-stack, which reserves its own ports")]
    [InlineData("-sn -sU h", "-sU cannot be combined with -sn, which scans no ports")]
    [InlineData("-sn -p80 h", "-p cannot be combined with -sn, which scans no ports")]
    [InlineData("-sn -F h", "-F cannot be combined with -sn, which scans no ports")]
    [InlineData("-sn -sL h", "-sn and -sL exclude each other: -sL sends nothing")]
    [InlineData("-sL -PE h", "-PE cannot be combined with -sL, which sends nothing")]
    [InlineData("-Pn -PS h", "-Pn and -PS exclude each other: -Pn skips discovery and treats all targets as up")]
    [InlineData("-p80 -F h", "-p and -F both select ports")]
    [InlineData("-F --top-ports 5 h", "-F and --top-ports both select ports")]
    [InlineData("-sT --scanflags SYN h", "--scanflags cannot be combined with -sT: the system chooses the flags of a connection")]
    [InlineData("-n -R h", "-n and -R exclude each other")]
    [InlineData("--open --all-states h", "--open and --all-states exclude each other")]
    [InlineData("--json -oX - h", "--json and -oX - both write to stdout")]
    [InlineData("-oN - -oG - h", "-oN - and -oG - both write to stdout")]
    [InlineData("-oN a -oX a h", "-oN and -oX both write to 'a'")]
    [InlineData("-oX a -oX b h", "-oX was given twice")]
    [InlineData("-oA - h", "-oA takes the start of three file names, not -")]
    [InlineData("--webxml --no-stylesheet h", "--stylesheet, --webxml and --no-stylesheet exclude each other")]
    [InlineData("--min-rate 5 --max-rate 4 h", "--min-rate is more than --max-rate")]
    [InlineData("--min-hostgroup 5 --max-hostgroup 4 h", "--min-hostgroup is more than --max-hostgroup")]
    [InlineData("--min-rtt-timeout 5 --max-rtt-timeout 4 h", "--min-rtt-timeout is more than --max-rtt-timeout")]
    [InlineData("--proxies socks5://h --proxies-file f h", "--proxies and --proxies-file exclude each other")]
    [InlineData("--proxies socks5://h -sS h", "--proxies cannot be combined with -sS: proxies carry connections, not raw packets")]
    [InlineData("--proxies socks5://h -sU h", "--proxies cannot be combined with -sU: proxies carry no datagrams")]
    [InlineData(
        "--proxies-file f --own-stack h",
        "--proxies-file cannot be combined with --own-stack: proxies carry connections, not raw packets")]
    [InlineData("--proxies socks5://h -sn h", "--proxies cannot be combined with -sn: through proxies only open ports reveal hosts")]
    [InlineData("--proxies socks5://h -sL h", "--proxies cannot be combined with -sL, which sends nothing")]
    [InlineData("--proxies socks5://h --traceroute h", "--proxies cannot be combined with --traceroute: the last proxy builds the packets")]
    [InlineData("--proxies socks5://h -e lo h", "--proxies cannot be combined with -e: the last proxy builds the packets")]
    [InlineData("--proxies socks5://h -PS22 h", "--proxies skips host discovery: all hosts count as up, as with -Pn")]
    [InlineData("--proxies socks5://h -R h", "--proxies cannot be combined with -R: reverse lookups would bypass the proxies")]
    [InlineData(
        "--proxies socks5://h --journal j h",
        "--proxies cannot be combined with --journal: a journal would store passwords, but not the names that the proxies resolve")]
    [InlineData("--privileged --unprivileged h", "--privileged and --unprivileged exclude each other")]
    [InlineData("--send-ip --send-eth h", "--send-ip and --send-eth exclude each other")]
    [InlineData("--journal j --no-journal h", "--journal and --no-journal exclude each other")]
    [InlineData("--shard 1/3 h", "--shard needs --seed: shares must use the same order")]
    public void Options_that_contradict_each_other_are_refused_with_the_reason(string words, string message) =>
        Assert.Equal(message, ScanLine.Refuse(words).Message);

    [Theory]
    [InlineData("--own-stack -sA h", "leave out one of the two")]
    [InlineData("--own-stack -sn h", "leave out one of the two")]
    [InlineData("--own-stack -sS --scanflags SYNFIN h", "leave out one of the two")]
    [InlineData("--own-stack -sU h", "leave out one of the two, or add -sS to -sU")]
    [InlineData("--banners -sL h", "leave out one of the two")]
    [InlineData("--banners -sA h", "leave out one of the two")]
    [InlineData("--banners -sU h", "leave out one of the two, or add -sS to -sU")]
    public void The_hint_fits_what_was_given(string words, string remedy) =>
        Assert.EndsWith($": {remedy}", ScanLine.Refuse(words).Hint?.ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("-T6 h", "-T takes 0 to 5, or paranoid, sneaky, polite, normal, aggressive or insane, not '6'")]
    [InlineData("--max-retries -1 h", "option --max-retries needs a value, and '-1' looks like another option")]
    [InlineData("--max-retries x h", "--max-retries takes a number from 0 to 50, not 'x'")]
    [InlineData("--host-timeout 5y h", "--host-timeout takes a time up to 365d, e.g. 500ms, 30s, 10m or 1h30m, not '5y'")]
    [InlineData("--max-time 0 h", "--max-time takes a time above zero, up to 365d, e.g. 500ms, 30s, 10m or 1h30m, not '0'")]
    [InlineData("--rate 0 h", "--max-rate takes probes per second, e.g. 100, 0.5 or 100k, not '0'")]
    [InlineData("--rate NaN h", "--max-rate takes probes per second, e.g. 100, 0.5 or 100k, not 'NaN'")]
    [InlineData("-g 0 h", "-g takes a port from 1 to 65535, not '0'")]
    [InlineData("-g 70000 h", "-g takes a port from 1 to 65535, not '70000'")]
    [InlineData("-S me h", "-S takes an address, e.g. 192.0.2.1, not 'me'")]
    [InlineData("--ttl 0 h", "--ttl takes a number from 1 to 255, not '0'")]
    [InlineData(
        "--scanflags SYNFOO h",
        "--scanflags takes a number, or concatenated flags of FIN SYN RST PSH ACK URG ECE CWR, e.g. SYNFIN, not 'SYNFOO'")]
    [InlineData("-PS80,x h", "-PS: '80,x': 'x' is not a port number")]
    [InlineData("--dns-servers a h", "--dns-servers: \"a\" is not the address of a server")]
    [InlineData("--shard 4/3 --seed 1 h", "--shard takes this run's share, from 1/N to N/N, e.g. 1/3, not '4/3'")]
    [InlineData("--seed x h", "--seed takes a number from 0 to 18446744073709551615, not 'x'")]
    [InlineData("--top-ports 0 h", "--top-ports takes a number from 1 to 65536, not '0'")]
    [InlineData("-p", "option --ports needs a value")]
    [InlineData("-oX", "option --output-xml needs a value")]
    [InlineData("--exclude= h", "option --exclude needs a value")]
    [InlineData("--open=yes h", "option --open takes no value")]
    public void A_wrong_value_is_refused_with_what_the_option_takes(string words, string message) =>
        Assert.Equal(message, ScanLine.Refuse(words).Message);
}
