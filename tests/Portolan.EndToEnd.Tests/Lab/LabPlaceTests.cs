using System.Globalization;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// <c>portolan lab enter</c> and <c>portolan lab exec</c>: commands at the place of a host, in a lab that runs or is started for them, as
/// root and as an ordinary user.
/// </summary>
public sealed class LabPlaceTests
{
    /// <summary>
    /// The vantage may not reach the vault, and the desk may; the vault may not reach the vantage's network but for the page.
    /// </summary>
    private const string Guarded =
        """
        networks: { outside: [198.18.0.0/24, 2001:db8:1::/64], inside: [198.18.1.0/24, 2001:db8:2::/64], vaults: [198.18.2.0/24, 2001:db8:3::/64] }
        routers:
          gateway:
            networks: { outside: [198.18.0.1, 2001:db8:1::1], inside: [198.18.1.1, 2001:db8:2::1], vaults: [198.18.2.1, 2001:db8:3::1] }
            firewall: { rules: [allow from inside to vaults, reject with admin-prohibited to vaults] }
        hosts:
          desk: { address: [198.18.1.10, 2001:db8:2::10], ports: [http] }
          other: { address: [198.18.1.11, 2001:db8:2::11], ports: [echo] }
          vault: { address: [198.18.2.10, 2001:db8:3::10], ports: [http, echo/udp] }
          pc: 198.18.1.20-198.18.1.29
        """;

    public static TheoryData<bool> Users => [false, true];

    [Theory, MemberData(nameof(Users))]
    public void A_command_has_the_address_the_routes_and_the_firewall_of_its_host(bool ordinary)
    {
        var curl = Programs.Find("curl", "/usr/bin/curl");
        using var lab = new Running(ordinary, Guarded);

        // At the vantage the vault is forbidden, at the desk it is not, whichever family.
        Assert.NotEqual(0, lab.Run("vantage", curl, "-sS", "--max-time", "5", "http://198.18.2.10/").ExitCode);
        foreach (var address in new[] { "198.18.2.10", "[2001:db8:3::10]", "vault" })
        {
            Assert.Contains(
                "<title>vault</title>", lab.Run("desk", curl, "-sS", "--max-time", "20", $"http://{address}/").Expect(0).Output,
                StringComparison.Ordinal);
        }

        var look = lab.Run(
            "desk", "/bin/sh", "-c", "ip -o addr show dev lab0 | tr -s ' ' | cut -d' ' -f4; ip route get 198.18.2.10 | head -1; id -u")
            .Expect(0).Output.Split('\n');
        Assert.Equal(["198.18.1.10/32", "2001:db8:2::10/128"], look[..2]);
        Assert.Contains("dev lab0 src 198.18.1.10", look[2], StringComparison.Ordinal);
        Assert.Equal("0", look[3]);
    }

    [Theory]
    [InlineData("web", "/bin/bash", "(office:web)")]
    [InlineData("vantage", "/bin/bash", "(office)")]
    [InlineData("pc-3", "/bin/sh", "(office:pc-3)")]
    public void The_prompt_of_a_shell_names_the_lab_and_the_host(string host, string shell, string prompt)
    {
        var script = Programs.Find("script", "/usr/bin/script");

        // What is typed reaches the shell through its terminal. Debian's bashrc shows debian_chroot in front of its own prompt. The pipe
        // stays open: at its end script would not wait for a shell that starts slowly, and kill it.
        var result = Programs.Run(
            "/bin/sh",
            [
                "-c",
                $"d=$(mktemp -d); mkfifo \"$d/typed\"; exec 3<>\"$d/typed\"; rm -r \"$d\"; echo exit >&3; "
                    + $"SHELL={shell} exec {script} -qec '{PortolanProgram.Path} lab enter office {host}' /dev/null <&3",
            ]);

        Assert.Contains(prompt, result.Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Users))]
    public void Who_is_spoken_to_sees_the_address_of_the_host_and_its_own_ports_stay_its_own(bool ordinary)
    {
        var (nc, curl) = (Programs.Find("nc", "/bin/nc", "/usr/bin/nc"), Programs.Find("curl", "/usr/bin/curl"));
        using var lab = new Running(ordinary, Guarded);

        // A listener at one host, who says who came; the peer at another.
        using var listener = lab.Start("other", nc, "-l", "-n", "-v", "-w", "30", "-p", "4444");
        listener.WaitForError("istening on");
        Assert.Equal(0, lab.Run("pc-3", "/bin/sh", "-c", $"echo hello | {nc} -w 5 -q 1 -n 198.18.1.11 4444").ExitCode);
        Assert.Contains("198.18.1.22", listener.WaitForError("onnect"), StringComparison.Ordinal);
        Assert.Equal("hello\n", listener.Finish().Expect(0).Output);

        // Where nobody listens the host says so, and the ports of the lab answer while a command is there.
        Assert.Equal(
            "closed\nup\n",
            lab.Run(
                "pc-3", "/bin/sh", "-c",
                $"{nc} -z -w 5 -n 198.18.1.11 4445 || echo closed; echo x | {nc} -w 5 -q 1 -n 198.18.1.11 7 | grep -q x && echo up").Expect(
                    0).Output);
        Assert.Contains(
            "<title>desk</title>", lab.Run("other", curl, "-sS", "--max-time", "20", "http://desk/").Expect(0).Output,
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Users))]
    public void A_host_reaches_its_own_services_by_its_name_its_address_and_at_localhost(bool ordinary)
    {
        var (curl, nc) = (Programs.Find("curl", "/usr/bin/curl"), Programs.Find("nc", "/bin/nc", "/usr/bin/nc"));
        using var lab = new Running(ordinary, Guarded);
        foreach (var name in new[] { "vault", "vault.guarded.lab", "198.18.2.10", "[2001:db8:3::10]", "localhost", "[::1]" })
        {
            Assert.Contains(
                "<title>vault</title>", lab.Run("vault", curl, "-sS", "--max-time", "20", $"http://{name}/").Expect(0).Output,
                StringComparison.Ordinal);
        }

        Assert.Equal("hello\n", lab.Run("vault", "/bin/sh", "-c", $"echo hello | {nc} -u -w 2 -n 127.0.0.1 7").Output);

        // What is large crosses both stacks, and each end hears the end of the other.
        Assert.Equal(
            "3000000\n",
            lab.Run("other", "/bin/sh", "-c", $"head -c 3000000 /dev/zero | {nc} -w 20 -q 2 -n 198.18.1.11 7 | wc -c").Expect(0).Output);

        // The kernel lists them, and no others. A closed port is refused.
        Assert.Equal(
            "tcp:80 udp:7 ",
            lab.Run("vault", "/bin/sh", "-c", "ss -Htuln | awk '{ sub(/.*:/, \"\", $5); print $1 \":\" $5 }' | sort | tr '\\n' ' '").Expect(
                0).Output);
        Assert.NotEqual(0, lab.Run("vault", nc, "-z", "-w", "5", "-n", "127.0.0.1", "81").ExitCode);
    }

    [Theory, MemberData(nameof(Users))]
    public void A_scanner_at_a_host_finds_what_that_host_may_see(bool ordinary)
    {
        using var lab = new Running(ordinary, Guarded);
        string Scan(string host) => lab.Run(host, "portolan", "scan", "-n", "-p", "80", "198.18.2.10").Output;
        Assert.Contains(
            "80/tcp", Scan("desk").Split('\n').FirstOrDefault(static l => l.Contains("open", StringComparison.Ordinal)) ?? "",
            StringComparison.Ordinal);
        Assert.DoesNotContain(" open ", Scan("vantage"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Users))]
    public void Pings_errors_and_fragments_find_their_way_back(bool ordinary)
    {
        var ping = Programs.Find("ping", "/bin/ping", "/usr/bin/ping");
        using var lab = new Running(ordinary, Guarded);
        Assert.Contains(
            " 0% packet loss", lab.Run("desk", ping, "-n", "-c", "2", "-W", "20", "-s", "4000", "198.18.2.10").Expect(0).Output,
            StringComparison.Ordinal);
        Assert.Contains(
            " 0% packet loss", lab.Run("desk", ping, "-n", "-c", "2", "-W", "20", "2001:db8:3::10").Expect(0).Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "From 198.18.1.1 icmp_seq=1 Time to live exceeded",
            lab.Run("desk", ping, "-n", "-c", "1", "-t", "1", "-W", "20", "198.18.2.10").Expect(1).Output, StringComparison.Ordinal);

        // The host itself answers pings while somebody works at its place.
        Assert.Contains(
            " 0% packet loss", lab.Run("other", ping, "-n", "-c", "1", "-W", "20", "198.18.1.10").Expect(0).Output,
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Users))]
    public void Where_no_lab_runs_one_is_started_for_the_command_and_ends_with_it(bool ordinary)
    {
        var result = Exec(
            ordinary, "office", "web", "/bin/sh", "-c",
            "ip -4 -o addr show dev lab0 | tr -s ' ' | cut -d' ' -f4; cat; echo said >&2; exit 7");
        Assert.Equal((7, "198.18.1.10/32\n", "said\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(143, Exec(ordinary, "office", "pc-2", "/bin/sh", "-c", "kill -TERM $$").ExitCode);
    }

    [Theory, MemberData(nameof(Users))]
    public void Streams_folder_environment_and_exit_status_are_the_commands_own(bool ordinary)
    {
        using var lab = new Running(ordinary, Guarded);
        var result = lab.Run(
            "desk", "/bin/sh", "-c",
            "pwd; test -S \"$PORTOLAN_LAB\" && test -r \"$SSL_CERT_FILE\" && grep -c vault.guarded.lab /etc/hosts; echo said >&2; exit 9");
        Assert.Equal((9, "/\n2\n", "said\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(137, lab.Run("desk", "/bin/sh", "-c", "kill -KILL $$").ExitCode);
        Assert.Equal(2, lab.Run("desk", "nosuchprogram").ExitCode);

        // What it leaves running stays, and has a process number of the lab.
        lab.Run("desk", "/bin/sh", "-c", "setsid sleep 600 >/dev/null 2>&1 &").Expect(0);
        Assert.Contains("sleep", lab.Run("vantage", "/bin/sh", "-c", "cat /proc/[0-9]*/comm").Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_reaches_the_command(string signal, int exitCode)
    {
        using var lab = new Running(ordinary: false, Guarded);
        using var program = lab.Start("desk", "/bin/sh", "-c", "echo ready; exec sleep 60");
        Assert.Equal("ready", program.NextLine());
        program.Signal(signal);
        program.Finish().Expect(exitCode);
    }

    [Theory, MemberData(nameof(Users))]
    public void The_shell_of_the_person_is_opened_on_the_terminal(bool ordinary)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        using var lab = new Running(ordinary, Guarded);
        var words = lab.Words("enter", "desk");
        var result = Programs.Run(
            script, ["-q", "-e", "-c", string.Join(' ', words.Select(static w => $"'{w}'")), "/dev/null"],
            input: "test -t 0 && test -t 1 && echo on a terminal; ip -4 -o addr show dev lab0 | tr -s ' ' | cut -d' ' -f4; exit 5\n",
            environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["SHELL"] = "/bin/sh", ["HOME"] = "/" }).Expect(5);
        Assert.Contains("on a terminal\r\n198.18.1.10/32\r\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no host of the lab guarded is named 'dsek'\nhint: did you mean desk?", "dsek")]
    [InlineData(
        "gateway is a router of the lab guarded, and a command runs at a host\nhint: its hosts are desk, other, vault, pc-1", "gateway")]
    [InlineData("pc of the lab guarded is a range of 10 hosts\nhint: name one of them, pc-1 to pc-10", "pc")]
    public void Who_is_no_host_is_said_whether_the_lab_runs_or_not(string message, string host)
    {
        using var lab = new Running(ordinary: false, Guarded);
        Assert.Equal($"portolan: {message}\n", lab.Run(host, "true").Expect(2).Error);
        Assert.Equal($"portolan: {message}\n", PortolanProgram.Run("lab", "exec", lab.File, host, "--", "true").Expect(2).Error);
    }

    [Fact]
    public void Labs_that_nobody_knows_and_processes_that_are_none_are_said()
    {
        Assert.StartsWith(
            "portolan: no topology and no file is named 'nosuchlab'\nhint: ",
            PortolanProgram.Run("lab", "exec", "nosuchlab", "web", "--", "true").Expect(2).Error, StringComparison.Ordinal);
        Assert.StartsWith(
            "portolan: process 1 is not a running lab that this user may enter\nhint: ",
            PortolanProgram.Run("lab", "enter", "1").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_labs_of_one_name_one_is_meant_by_its_process()
    {
        using var first = new Running(ordinary: false, Guarded);
        using var second = new Running(ordinary: false, Guarded);
        var error = first.Run("desk", "true").Expect(2).Error;
        Assert.StartsWith(
            "portolan: 2 labs named guarded are running\nhint: give the process id of one instead of the name: ", error,
            StringComparison.Ordinal);
        foreach (var number in error.TrimEnd().Split(": ")[^1].Split(", "))
        {
            PortolanProgram.Run("lab", "exec", number, "desk", "--", "true").Expect(0);
        }
    }

    /// <summary>Those of a range share a stack, until somebody stands at one of them; asleep or awake.</summary>
    [Theory, MemberData(nameof(Users))]
    public void Hosts_of_a_range_speak_to_each_other(bool ordinary)
    {
        var (nc, ping) = (Programs.Find("nc", "/bin/nc", "/usr/bin/nc"), Programs.Find("ping", "/bin/ping", "/usr/bin/ping"));
        using var lab = new Running(ordinary, Guarded);
        void Reaches(string from, string to) =>
            Assert.Contains(
                " 0% packet loss", lab.Run(from, ping, "-n", "-c", "1", "-W", "20", to).Expect(0).Output, StringComparison.Ordinal);

        Reaches("pc-4", "198.18.1.26");
        using var listener = lab.Start("pc-3", nc, "-l", "-n", "-v", "-w", "30", "-p", "4444");
        listener.WaitForError("istening on");
        Assert.Equal(0, lab.Run("pc-4", "/bin/sh", "-c", $"echo hello | {nc} -w 5 -q 1 -n 198.18.1.22 4444").ExitCode);
        Assert.Equal("hello\n", listener.Finish().Expect(0).Output);
        Reaches("pc-10", "198.18.1.20");
        Reaches("pc-1", "198.18.1.23");
        Reaches("vantage", "198.18.1.23");
        Reaches("vantage", "198.18.1.24");
        Reaches("desk", "198.18.1.22");
    }

    /// <summary>
    /// What a shell's <c>$!</c> is, of the program itself and of wrappers around it; the lab need not be ready when it is asked for.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData("/usr/bin/env A=b")]
    [InlineData("/usr/bin/timeout --foreground 600")]
    [InlineData("/bin/sh -c \"$@\"; -- /bin/sh -c \"$@\"; --")]
    public void The_number_of_the_process_that_started_a_lab_stands_for_it(string wrapper)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["guarded.yaml"], Guarded);

        // A shell that goes on after its command is there while the command runs, and so is the wrapper. The lab ends with its input.
        string[] words = [
            .. wrapper.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static w => w == "\"$@\";" ? "\"$@\"; true" : w),
            PortolanProgram.Path, "lab", "run", folder["guarded.yaml"], "--", "/bin/cat"];
        using var program = Programs.Start(words[0], words[1..]);
        try
        {
            var number = program.Id.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(
                "198.18.1.10/32\n",
                PortolanProgram.Run(
                    "lab", "exec", number, "desk", "--", "/bin/sh", "-c", "ip -4 -o addr show dev lab0 | tr -s ' ' | cut -d' ' -f4").Expect(
                        0).Output);
            Assert.Contains(
                "cat",
                PortolanProgram.Run("lab", "exec", number, "vantage", "--", "/bin/sh", "-c", "cat /proc/[0-9]*/comm").Expect(0).Output,
                StringComparison.Ordinal);
        }
        finally
        {
            program.Input.Close();
        }

        program.Finish().Expect(0);
    }

    [Fact]
    public void A_lab_that_is_just_starting_is_waited_for_by_its_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["guarded.yaml"], "name: slowly\n" + Guarded);
        using var program = PortolanProgram.Start("lab", "run", folder["guarded.yaml"], "--", "/bin/cat");
        try
        {
            // The file's own name is another than that of the lab in it: both lead there.
            foreach (var name in new[] { folder["guarded.yaml"], "slowly" })
            {
                Assert.Contains(
                    "cat",
                    PortolanProgram.Run("lab", "exec", name, "vantage", "--", "/bin/sh", "-c", "cat /proc/[0-9]*/comm").Expect(
                        0).Output.Split('\n'));
            }
        }
        finally
        {
            program.Input.Close();
        }

        program.Finish().Expect(0);
    }

    [Fact]
    public void The_lab_of_another_user_is_not_entered_by_its_name()
    {
        using var lab = new Running(ordinary: true, Guarded);

        // Root's own is started for the command: at the place of the same host, and not with the other's processes.
        Assert.DoesNotContain(
            "sleep", Exec(ordinary: false, lab.File, "desk", "/bin/sh", "-c", "cat /proc/[0-9]*/comm").Expect(0).Output,
            StringComparison.Ordinal);
        Assert.Contains("sleep", lab.Run("desk", "/bin/sh", "-c", "cat /proc/[0-9]*/comm").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_ends_with_the_lab_it_was_in()
    {
        var lab = new Running(ordinary: false, Guarded);
        using var program = lab.Start("desk", "/bin/sh", "-c", "echo ready; exec sleep 600");
        Assert.Equal("ready", program.NextLine());
        lab.Dispose();
        program.Finish().Expect(137);
    }

    private static RunResult Exec(bool ordinary, string lab, string host, params string[] command)
    {
        string[] args = ["lab", "exec", lab, host, "--", .. command];
        return ordinary ? PortolanProgram.RunAsNobody(args) : PortolanProgram.Run(args);
    }

    /// <summary>A lab of a file that runs in the background, with a program that sleeps in it.</summary>
    private sealed class Running : IDisposable
    {
        private readonly bool _ordinary;
        private readonly TemporaryFolder _folder = new();
        private readonly RunningProgram _program;

        internal Running(bool ordinary, string text)
        {
            _ordinary = ordinary;
            System.IO.File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
            System.IO.File.WriteAllText(File, text);
            System.IO.File.SetUnixFileMode(File, (UnixFileMode)0b110_100_100);
            var words = Command("lab", "run", File, "--", "/bin/sh", "-c", "echo up; exec sleep 600");
            _program = Programs.Start(words[0], words[1..]);
            Assert.Equal("up", _program.NextLine());
        }

        internal string File => _folder["guarded.yaml"];

        internal RunResult Run(string host, params string[] command)
        {
            var words = Words("exec", [host, "--", .. command]);
            return Programs.Run(words[0], words[1..]);
        }

        internal RunningProgram Start(string host, params string[] command)
        {
            var words = Words("exec", [host, "--", .. command]);
            return Programs.Start(words[0], words[1..]);
        }

        internal string[] Words(string what, params string[] more) => Command(["lab", what, "guarded", .. more]);

        public void Dispose()
        {
            _program.Dispose();
            _folder.Dispose();
        }

        private string[] Command(params string[] args) => _ordinary ? PortolanProgram.AsNobody(args) : [PortolanProgram.Path, .. args];
    }
}
