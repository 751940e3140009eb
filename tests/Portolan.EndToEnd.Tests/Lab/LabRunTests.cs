using System.Globalization;
using System.Text;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// <c>portolan lab run</c>: the built programs, as root and as an ordinary user, who gets a cable where root gets a TUN device.
/// </summary>
public sealed class LabRunTests
{
    /// <summary>What ends has ended by then, on a busy machine too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<bool> Users => [false, true];

    [Theory]
    [MemberData(nameof(Users))]
    public void A_client_finds_a_server_of_the_lab_by_its_name(bool ordinary)
    {
        var curl = Programs.Find("curl", "/usr/bin/curl");
        var result = Run(ordinary, "office", curl, "-sS", "--max-time", "10", "http://web/").Expect(0);
        Assert.Contains("<title>web</title>", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void The_authority_of_the_lab_is_trusted(bool ordinary)
    {
        var curl = Programs.Find("curl", "/usr/bin/curl");
        Assert.Contains(
            "<title>web</title>", Run(ordinary, "office", curl, "-sS", "--max-time", "10", "https://web/").Expect(0).Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void A_scanner_is_root_and_is_told_the_truth(bool ordinary)
    {
        var nmap = Programs.Find("nmap", "/usr/bin/nmap");
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        Run(ordinary, "scan-me", nmap, "-n", "-sS", "-p", "1-200", "-T4", "-oX", folder["result.xml"], "198.18.0.0/28").Expect(0);
        var score = PortolanProgram.Run("lab", "score", "scan-me", folder["result.xml"]);
        Assert.True(score.ExitCode == 0, score.Output + score.Error);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void The_command_sees_the_lab_and_nothing_else(bool ordinary)
    {
        const string Look =
            "id -u; ip -o link | cut -d: -f2 | cut -d@ -f1; ip route show default; ip -6 route show default; curl -s --max-time 2 "
                + "http://192.0.2.1/; echo $?; ls -d /proc/[0-9]* | wc -l";
        Programs.Find("ip", "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip");
        var lines = Shell(ordinary, Look).Expect(0).Output.Split('\n');
        // 7: curl could not connect, and was told so at once.
        Assert.Equal(["0", " lo", " lab0", "7"], lines[..4]);
        Assert.InRange(int.Parse(lines[4], CultureInfo.InvariantCulture), 2, 10);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("kill -KILL $$", 137)]
    public void The_exit_status_is_the_commands(string script, int exitCode) => Shell(ordinary: false, script).Expect(exitCode);

    /// <summary>Its zone comes from a primary server that is far away: without a wait the answer would be SERVFAIL.</summary>
    [Fact]
    public void A_secondary_name_server_has_its_zone_when_the_command_begins()
    {
        var dig = Programs.Find("dig", "/usr/bin/dig");
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder["far.yaml"],
            """
            name: far
            seed: 1
            networks:
              lan: { prefix: 198.18.0.0/24, latency: 100ms }
            hosts:
              first: { network: lan, address: 198.18.0.1, ports: { 53: dns, 53/udp: dns } }
              second:
                network: lan
                address: 198.18.0.2
                ports:
                  53: { service: dns, zones: far.lab, secondary-of: first }
                  53/udp: { service: dns, zones: far.lab, secondary-of: first }
            """);
        var run = PortolanProgram.Run("lab", "run", folder["far.yaml"], "--", dig, "+short", "+tries=1", "@198.18.0.2", "first.far.lab");
        Assert.Equal("198.18.0.1\n", run.Expect(0).Output);
    }

    [Fact]
    public void The_streams_are_the_commands_own()
    {
        var result = Programs.Run(
            PortolanProgram.Path, ["lab", "run", "office", "--", "/bin/sh", "-c", "cat; echo said >&2"], input: "what was typed").Expect(0);
        Assert.Equal(("what was typed", "said\n"), (result.Output, result.Error));
    }

    [Fact]
    public void A_terminal_stays_a_terminal() =>
        Assert.Equal(
            "yes\r\n",
            Terminal.Run(
                new Dictionary<string, string?>(StringComparer.Ordinal), "lab", "run", "office", "--", "/bin/sh", "-c",
                "test -t 0 && test -t 1 && test -t 2 && echo yes").Expect(0).Output);

    [Theory]
    [InlineData("sh")]
    [InlineData("bash")]
    public void A_shell_on_a_terminal_ends_with_the_status_that_it_is_told(string shell)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        var path = Programs.Find(shell, "/bin/" + shell, "/usr/bin/" + shell);
        var result = Programs.Run(
            script, ["-q", "-e", "-c", $"'{PortolanProgram.Path}' lab run office -- {path}", "/dev/null"],
            input: "sleep 60 & kill %1; echo said; exit 5\n").Expect(5);
        Assert.Contains("said\r\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("job control", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("tty process group", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void A_signal_reaches_the_command_once_whoever_of_them_it_was_sent_to(string signal)
    {
        foreach (var toGroup in new[] { false, true })
        {
            // setsid makes a process group, which a terminal would signal as a whole. After the first signal a wrong second has time.
            var script = $"n=0; trap 'n=$((n+1))' {signal}; echo ready; "
                + "i=0; while [ $n -eq 0 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done; "
                + "i=0; while [ $i -lt 5 ]; do sleep 0.1; i=$((i+1)); done; echo $n; exit 9";
            using var program = Programs.Start(
                Programs.Find("setsid", "/usr/bin/setsid"), [PortolanProgram.Path, "lab", "run", "office", "--", "/bin/sh", "-c", script]);
            Assert.Equal("ready", program.NextLine());
            Programs.Run("/bin/kill", ["-s", signal, "--", toGroup ? $"-{program.Id}" : $"{program.Id}"]).Expect(0);
            Assert.Equal("1\n", program.Finish().Expect(9).Output);
        }
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_command_that_a_signal_ends_gives_its_status(string signal, int exitCode)
    {
        using var program = PortolanProgram.Start("lab", "run", "office", "--", "/bin/sh", "-c", "echo ready; exec sleep 60");
        Assert.Equal("ready", program.NextLine());
        program.Signal(signal);
        program.Finish().Expect(exitCode);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void Without_a_command_it_runs_until_a_signal(string signal, int exitCode)
    {
        using var program = PortolanProgram.Start("lab", "run", "office");
        program.WaitForError("the lab office is up: ");
        program.Signal(signal);
        program.Finish().Expect(exitCode);
    }

    [Fact]
    public void The_line_that_it_prints_enters_the_lab_with_its_environment()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["entered.yaml"], "networks: { office: 198.18.0.0/24 }\nhosts: { web: 198.18.0.10 }\n");
        using var program = PortolanProgram.Start("lab", "run", folder["entered.yaml"]);
        const string Before = "hint: enter it from another terminal with portolan ";
        var hint = program.WaitForError(Before);
        var words = hint[(hint.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].TrimEnd();
        Assert.Equal("lab enter entered", words);
        const string Look =
            "test -S \"$PORTOLAN_LAB\" && cmp \"$SSL_CERT_FILE\" \"$PORTOLAN_LAB_CA\" && grep -c CERTIFICATE- \"$CURL_CA_BUNDLE\"; "
                + "basename \"$PORTOLAN_LAB\"; exit 7";
        var result = Programs.Run(
            PortolanProgram.Path, words.Split(' '), input: Look + "\n",
            environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["SHELL"] = "/bin/sh" });
        Assert.Equal((7, "2\nlab.sock\n"), (result.ExitCode, result.Output));
        program.Signal("INT");
        program.Finish().Expect(130);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void A_command_finds_this_program_by_its_name_in_whatever_folder_it_was_built(bool ordinary)
    {
        // In no folder of PATH, which has none of a checkout.
        string[] setting = ["/usr/bin/env", "PATH=/usr/bin:/bin"];
        foreach (var command in new string[][] { ["portolan", "version"], ["/bin/sh", "-c", "portolan version"],
            ["/bin/sh", "-c",
                "command -v portolan >/dev/null && portolan lab list | grep -c ^office && portolan list --lab | grep -c web"] })
        {
            string[] args = ["lab", "run", "office", "--", .. command];
            string[] words = ordinary ? PortolanProgram.AsNobody(args) : [PortolanProgram.Path, .. args];
            Assert.NotEqual("", Programs.Run(setting[0], [.. setting[1..], .. words]).Expect(0).Output);
        }
    }

    [Fact]
    public void Started_by_the_script_of_a_checkout_it_is_found_too() =>
        Assert.StartsWith(
            "portolan ",
            Programs.Run(
                Repository.PathOf("portolan"), ["lab", "run", "office", "--", "/bin/sh", "-c", "PATH=${PATH##*:} portolan version"]).Expect(
                    0).Output, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Users))]
    public void A_program_that_gives_up_being_root_may(bool ordinary)
    {
        // As tcpdump does (-Z), and what writes for another user: in the namespace of an ordinary user there is no other.
        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        var result = Shell(
            ordinary,
            $"{setpriv} --reuid 8 --regid 8 --clear-groups id -u; touch {folder["file"]} && chown 8:8 {folder["file"]} && echo done")
            .Expect(0);
        Assert.Equal(ordinary ? "0\ndone\n" : "8\ndone\n", result.Output);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void Sniffers_work(bool ordinary)
    {
        var tcpdump = Programs.Find("tcpdump", "/usr/bin/tcpdump", "/usr/sbin/tcpdump");
        Programs.Find("ping", "/bin/ping", "/usr/bin/ping");
        const string Traffic = "(while :; do ping -4 -c 1 -W 1 web >/dev/null; sleep 0.1; done) & ";
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        foreach (var options in new[] { "-i any", "-i lab0", "-i lab0 -Z root", $"-i lab0 -w {folder["captured.pcap"]}" })
        {
            var result =
                Shell(ordinary, $"{Traffic} timeout 60 {tcpdump} -n -c 3 {options} icmp; status=$?; kill $!; exit $status").Expect(0);
            Assert.Contains("3 packets captured", result.Error, StringComparison.Ordinal);
        }

        Assert.True(new FileInfo(folder["captured.pcap"]).Length > 100);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void Sniffers_of_wireshark_work(bool ordinary)
    {
        var (tshark, dumpcap) = (Programs.Find("tshark", "/usr/bin/tshark"), Programs.Find("dumpcap", "/usr/bin/dumpcap"));
        Assert.SkipWhen(
            ordinary && (File.GetUnixFileMode(dumpcap) & UnixFileMode.OtherExecute) == 0, "dumpcap is for the group wireshark only");
        var ping = Programs.Find("ping", "/bin/ping", "/usr/bin/ping");
        const string Traffic = "(while :; do ping -4 -c 1 -W 1 web >/dev/null; sleep 0.1; done) & ";
        var result = Shell(ordinary, $"{Traffic} HOME=/dev/shm timeout 60 {tshark} -n -i lab0 -c 3 icmp; status=$?; kill $!; exit $status")
            .Expect(0);
        Assert.Contains("Echo (ping) request", result.Output, StringComparison.Ordinal);
        Assert.NotEmpty(ping);
    }

    [Fact]
    public void What_the_command_leaves_running_ends_with_it()
    {
        var marker = Marker();
        Shell(ordinary: false, $"setsid sleep 600 {marker} >/dev/null 2>&1 & sleep 0.2").Expect(0);
        Assert.True(SpinWait.SpinUntil(() => !Runs(marker), Patience), "it still runs");
    }

    [Theory]
    [InlineData("outside")]
    [InlineData("inside")]
    public void Killed_at_any_moment_it_leaves_nothing_behind(string which)
    {
        var marker = Marker();
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TMPDIR"] = folder.Path };
        var before = (Interfaces: Interfaces(), Mounts: File.ReadAllText("/proc/self/mountinfo"));
        foreach (var moment in new[] { 0, 20, 60, 120, 400 })
        {
            string[] words = ["lab", "run", "office", "--", "/bin/sh", "-c", $"exec sleep 600 {marker}"];
            using var program = Programs.Start(PortolanProgram.Path, words, environment: environment);
            Thread.Sleep(moment);
            var victim = which == "outside" ? program.Id : ChildOf(program.Id);
            if (victim is { } pid)
            {
                Programs.Run("/bin/kill", ["-s", "KILL", pid.ToString(CultureInfo.InvariantCulture)]);
            }
            else
            {
                program.Signal("KILL");
            }

            program.Finish();
            Assert.True(SpinWait.SpinUntil(() => !Runs(marker), Patience), $"killed after {moment} ms, something still runs");
        }

        Assert.Equal(before.Interfaces, Interfaces());
        Assert.Equal(before.Mounts, File.ReadAllText("/proc/self/mountinfo"));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Files_that_an_ordinary_users_command_writes_are_his()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        Shell(ordinary: true, $"echo x > {folder["file"]}").Expect(0);
        Assert.Equal("65534\n", Programs.Run("/usr/bin/stat", ["-c", "%u", folder["file"]]).Expect(0).Output);
    }

    [Fact]
    public void All_packets_are_captured()
    {
        using var folder = new TemporaryFolder();
        var curl = Programs.Find("curl", "/usr/bin/curl");
        PortolanProgram.Run(
            "lab", "run", "office", "--pcap", folder["office.pcapng"], "--", curl, "-sS", "--max-time", "10", "-o", "/dev/null",
            "http://web/").Expect(0);
        var bytes = File.ReadAllBytes(folder["office.pcapng"]);
        Assert.Equal(0x0a0d0d0au, BitConverter.ToUInt32(bytes));
        Assert.Contains("GET / HTTP/1.1", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "file nosuch.yaml does not exist", "lab", "run", "nosuch.yaml", "--", "true")]
    [InlineData(2, "the command cannot be run: nosuchprogram is not in PATH", "lab", "run", "office", "--", "nosuchprogram")]
    [InlineData(2, "the command cannot be run: /etc/passwd is not executable", "lab", "run", "office", "--", "/etc/passwd")]
    [InlineData(
        2, "--pcap: cannot write /nonexistent/x: folder "
            + "/nonexistent does not exist", "lab", "run", "office", "--pcap", "/nonexistent/x", "--",
        "true")]
    public void What_cannot_be_done_is_said_with_a_remedy(int exitCode, string message, params string[] args)
    {
        var result = PortolanProgram.Run(args).Expect(exitCode);
        Assert.StartsWith($"portolan: {message}", result.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_server_beside_it_the_remedy_is_named()
    {
        using var folder = new TemporaryFolder();
        File.Copy(PortolanProgram.Path, folder["portolan"]);
        var result = Programs.Run(folder["portolan"], ["lab", "list"]).Expect(3);
        Assert.Contains(
            $"needs the program portolan-server, which is missing in {folder.Path}\nhint: run scripts/build --server", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Where_namespaces_are_forbidden_it_says_what_allows_them()
    {
        var result = Limited("echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_net_namespaces").Expect(4);
        Assert.Equal(
            "portolan: a lab cannot be created here: cannot make namespaces: No space left on device\nhint: allow them, to every user "
                + "and program: sudo sysctl user.max_user_namespaces=1000\n", result.Error);
    }

    [Fact]
    public void Where_there_may_be_no_namespace_for_the_far_end_of_a_cable_it_says_what_allows_it()
    {
        var result = Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["-U", "--map-root-user", "--mount", "/bin/sh", "-c",
                "mount -t tmpfs tmpfs /dev/net; echo 1 > /proc/sys/user/max_net_namespaces; exec \"$0\" lab run office -- true",
                PortolanProgram.Path]).Expect(4);
        Assert.StartsWith(
            "portolan: the lab cannot be attached: cannot make a network namespace: No space left on device\nhint: ", result.Error,
            StringComparison.Ordinal);
        Assert.Contains("sudo sysctl user.max_net_namespaces=1000", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_needs_no_namespaces_of_users() => Limited("echo 0 > /proc/sys/user/max_user_namespaces").Expect(0);

    /// <summary>Runs a lab where a script has set limits: in a namespace of users of the test's own, whose limits they are.</summary>
    private static RunResult Limited(string script)
    {
        var unshare = Programs.Find("unshare", "/usr/bin/unshare");
        return Programs.Run(
            unshare,
            ["-U", "--map-root-user", "/bin/sh", "-c", script + "; exec \"$@\"", "sh", PortolanProgram.Path, "lab", "run", "office", "--",
                "true"]);
    }

    private static RunResult Run(bool ordinary, string lab, params string[] command)
    {
        string[] args = ["lab", "run", lab, "--", .. command];
        return ordinary ? PortolanProgram.RunAsNobody(args) : PortolanProgram.Run(args);
    }

    private static RunResult Shell(bool ordinary, string script) => Run(ordinary, "office", "/bin/sh", "-c", script);

    /// <summary>A number of seconds that nobody else sleeps.</summary>
    private static string Marker() =>
        string.Create(CultureInfo.InvariantCulture, $"0.{Guid.NewGuid().GetHashCode() & 0x7fffffff:0000000000}");

    private static bool Runs(string marker) => Directory.GetDirectories("/proc").Any(folder =>
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(folder)[0])
                && File.ReadAllText(folder + "/cmdline").Contains(marker, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });

    private static int? ChildOf(int pid)
    {
        var children = Programs.Run("/bin/sh", ["-c", $"cat /proc/{pid}/task/*/children 2>/dev/null"]).Output.Split(
            ' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Length > 0 && int.TryParse(children[0], CultureInfo.InvariantCulture, out var child) ? child : null;
    }

    private static string Interfaces() => string.Join('\n', Directory.GetDirectories("/sys/class/net").Order(StringComparer.Ordinal));
}
