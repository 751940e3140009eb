namespace Portolan.Tests.Cli.Scanning;

/// <summary>Every option of nmap's man page (7.93) is either taken or refused by name, with what to run instead.</summary>
public sealed class NmapOptionsTests
{
    /// <summary>Options that are taken, each in a command line that means something.</summary>
    public static TheoryData<string> Taken =>
    [
        "-iL -", "-iL hosts.txt", "--exclude 192.0.2.1,192.0.2.2", "--excludefile hosts.txt",
        "-sL", "-sn", "-Pn", "-P0", "-PN", "-PS", "-PS22-25,80", "-PA", "-PA80", "-PU", "-PU40125", "-PE", "-PP", "--disable-arp-ping",
        "-n", "-R", "--dns-servers 192.0.2.53,2001:db8::53", "--system-dns", "--resolve-all", "--unique",
        "-sS", "-sT", "-sA", "-sU", "-sN", "-sF", "-sX", "--scanflags SYNFIN", "--scanflags 0x29", "--scanflags 9",
        "-sF --scanflags URGACKPSHRSTSYNFIN",
        "-sV", "-sR", "-sSV", "-sTUV", "-sV --version-intensity 5", "-sV --version-light", "-sV --version-all", "-sV --version-trace",
        "-sV --allports", "-sC", "-sCV", "-sSC", "-A", "-vA", "-A -T4",
        "--script default", "--script=http-title,ssl-cert", "-script ssh-hostkey -sV",
        "-p22", "-p1-65535", "-pU:53,111,137,T:21-25,80,139,8080", "-p-", "--exclude-ports 53", "-F", "-r", "--top-ports 50",
        "-T0", "-T1", "-T2", "-T3", "-T4", "-T5", "-Tparanoid", "-T aggressive",
        "--min-hostgroup 2 --max-hostgroup 9", "--min-parallelism 2 --max-parallelism 9",
        "--min-rtt-timeout 50ms --max-rtt-timeout 1 --initial-rtt-timeout 100ms", "--max-retries 0", "--max-retries 3",
        "--host-timeout 30m", "--host-timeout 0", "--scan-delay 1s --max-scan-delay 2s", "--min-rate 100", "--max-rate 0.5",
        "-S 192.0.2.9", "-e eth0", "-g 53", "--source-port 53", "--data-length 25", "--ttl 9", "--randomize-hosts",
        "-oN a", "-oX a", "-oG a", "-oA a", "-oX -", "-oG-", "-v", "-vv", "-v3", "-d", "-dd", "-d9", "--reason", "--open",
        "--packet-trace", "--traceroute", "-sn --traceroute", "--iflist", "--append-output", "--resume f", "--noninteractive",
        "--stats-every 10s",
        "--stylesheet https://example.com/a.xsl", "--webxml", "--no-stylesheet",
        "--proxies http://192.0.2.1:80,socks4://192.0.2.2", "--proxy socks4://192.0.2.2", "-A --proxies socks5://192.0.2.1",
        "-6", "--send-eth", "--send-ip", "--privileged", "--unprivileged", "--release-memory", "-h", "--help",
    ];

    /// <summary>Options that are refused, with the name the refusal must show.</summary>
    public static TheoryData<string, string> Refused => new()
    {
        { "-iR 10", "-iR" }, { "-PY", "-PY" }, { "-PY22", "-PY" }, { "-PO", "-PO" }, { "-PO1,2", "-PO" }, { "-PM", "-PM" },
        { "--discovery-ignore-rst", "--discovery-ignore-rst" }, { "-sW", "-sW" }, { "-sM", "-sM" }, { "-sI zombie:80", "-sI" },
        { "-sY", "-sY" }, { "-sZ", "-sZ" },
        { "-sO", "-sO" }, { "-b ftp.example", "-b" }, { "--port-ratio 0.5", "--port-ratio" },
        { "--script-args a=b", "--script-args" }, { "--script-args-file f", "--script-args-file" }, { "--script-trace", "--script-trace" },
        { "--script-updatedb", "--script-updatedb" }, { "--script-help all", "--script-help" },
        { "--script-timeout 5", "--script-timeout" },
        { "-O", "-O" }, { "-O2", "-O" }, { "--osscan-limit", "--osscan-limit" }, { "--osscan-guess", "--osscan-guess" },
        { "--fuzzy", "--fuzzy" }, { "--max-os-tries 2", "--max-os-tries" },
        { "--defeat-rst-ratelimit", "--defeat-rst-ratelimit" }, { "--defeat-icmp-ratelimit", "--defeat-icmp-ratelimit" },
        { "--nsock-engine epoll", "--nsock-engine" },
        { "-f", "-f" }, { "-ff", "-f" }, { "--mtu 16", "--mtu" }, { "-D RND:5,ME", "-D" }, { "-DME", "-D" },
        { "--data 0xAB", "--data" }, { "--data-string x", "--data-string" }, { "--ip-options R", "--ip-options" },
        { "--spoof-mac 0", "--spoof-mac" },
        { "--badsum", "--badsum" }, { "--adler32", "--adler32" }, { "-oS f", "-oS" }, { "--datadir d", "--datadir" },
        { "--servicedb f", "--servicedb" }, { "--versiondb f", "--versiondb" }, { "-V", "-V" }, { "--version", "--version" },
    };

    [Theory]
    [MemberData(nameof(Taken))]
    public void An_option_of_nmap_is_taken(string words) => Assert.Equal(["192.0.2.1"], ScanLine.Read($"{words} 192.0.2.1").Targets.Words);

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_option_of_nmap_that_is_not_here_is_refused_by_name_with_what_to_run_instead(string words, string named)
    {
        var refusal = ScanLine.Refuse($"{words} 192.0.2.1");
        Assert.Equal($"portolan scan has no option '{named}'", refusal.Message);
        Assert.NotNull(refusal.Hint);
        Assert.False(refusal.Hint!.ToString().StartsWith("run portolan help", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--max-retrys 3", "unknown option '--max-retrys' for portolan scan; did you mean --max-retries?")]
    [InlineData("--min-rates=3", "unknown option '--min-rates' for portolan scan; did you mean --min-rate?")]
    [InlineData("--opne", "unknown option '--opne' for portolan scan; did you mean --open?")]
    [InlineData("-z", "unknown option '-z' for portolan scan")]
    [InlineData("-nz", "unknown option '-z' in '-nz' for portolan scan")]
    [InlineData("-sSQ", "portolan scan has no option '-sSQ'")]
    [InlineData("-PX22", "portolan scan has no option '-PX22'")]
    [InlineData("-oZ", "portolan scan has no option '-oZ'")]
    public void An_unknown_word_with_a_dash_is_refused_and_the_nearest_option_named(string words, string message) =>
        Assert.Equal(message, ScanLine.Refuse($"{words} 192.0.2.1").Message);
}
