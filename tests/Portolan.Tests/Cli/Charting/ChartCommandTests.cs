using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Charting;

public sealed class ChartCommandTests
{
    [Fact]
    public void The_chart_shows_ports_by_who_can_reach_them()
    {
        using var machine = new MachineConsole(Server());

        Assert.Equal(0, machine.Run());

        Assert.Equal(
            """
            HOST · 6 listening · 3 on outside addresses, firewall not judged

            UNKNOWN (the firewall was not judged)
            PORT      BIND       OWNER                      SERVICE     FIREWALL  CONN  IN/OUT
            22/tcp    * v4+v6    ssh.service 812            ssh         unknown      1  1.2Ki/8.4Ki
            53/udp    192.0.2.1  named 30 1000 /srv/app     domain      unknown      0  -
            80/tcp    *          nginx 10 0 ×3 /srv/app     http        unknown      2  150/45
              ! accept queue full (129 of 128): new connections time out until the program accepts

            THIS MACHINE ONLY
            25/tcp    lo         postgres 50 1000 /srv/app  postgresql  -            0  0/0
            631/tcp   lo v4+v6   cupsd 40 0 /srv/app        ipp         -            0  0/0
            5432/tcp  lo         postgres 50 1000 /srv/app  postgresql  -            0  0/0

            2 UDP client sockets on ports the kernel chose, not shown (--all)

            """,
            machine.Output);
        Assert.Equal("portolan: unknown: the firewall's rules: they were not read\n", machine.Error);
    }

    [Fact]
    public void Names_that_a_process_may_have_chosen_are_marked()
    {
        var container = new string('4', 64);
        using var machine = new MachineConsole(new MachineBuilder()
            .Process(6, "web").Cgroup(6, "/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service").Listen("0.0.0.0:82", 6)
            .Process(7, "web").Cgroup(7, $"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-{container}.scope")
            .Listen("0.0.0.0:83", 7)
            .Process(8, "web", unit: "ssh.service").Listen("0.0.0.0:84", 8));

        Assert.Equal(0, machine.Run());

        Assert.Contains(" ssh.service 6 (user unit) ", machine.Output, StringComparison.Ordinal);

        // A scope of Docker's below a user's own manager names no container: that user chose the name.
        Assert.Contains(" web 7 1000 ", machine.Output, StringComparison.Ordinal);
        Assert.Contains(" ssh.service 8  ", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_shows_other_namespaces_and_clients()
    {
        using var machine = new MachineConsole(new MachineBuilder()
            .Process(5, "web").Process(6, "resolver")
            .UdpClient("0.0.0.0:40000", 6)
            .Listen("0.0.0.0:8080", 5).InNamespace("blue\u001b[2J"));

        Assert.Equal(0, machine.Run("--all", "-n"));

        Assert.Equal(
            """
            HOST · 1 listening · 1 on outside addresses, firewall not judged

            UNKNOWN (the firewall was not judged)
            PORT       BIND  OWNER                     SERVICE  FIREWALL  CONN  IN/OUT
            40000/udp  *     resolver 6 1000 /srv/app           unknown      0  -

            NAMESPACE blue\x1b[2J
            8080/tcp   *     web 5 1000 /srv/app                unknown      0  0/0

            """,
            machine.Output);
    }

    [Fact]
    public void A_warning_that_is_the_same_for_several_ports_stands_once_with_its_ports()
    {
        var machine = new MachineBuilder();
        for (var port = 8001; port <= 8006; port++)
        {
            machine.Listen($"0.0.0.0:{port}").With((ref SocketEntry e) => (e.ReceiveQueue, e.SendQueue) = (129, 128));
        }

        using var console =
            new MachineConsole(machine.Listen("0.0.0.0:9000").With((ref SocketEntry e) => (e.ReceiveQueue, e.SendQueue) = (6, 5)));

        Assert.Equal(0, console.Run());

        var warnings = console.Output.Split('\n').Where(line => line.StartsWith("  ! ", StringComparison.Ordinal));
        Assert.Equal(
            [
                "  ! accept queue full (6 of 5): new connections time out until the program accepts",
                "  ! 8001/tcp, 8002/tcp, 8003/tcp, 8004/tcp, 8005/tcp, 8006/tcp: accept queue full (129 of 128): new connections time out "
                    + "until the program accepts",
            ],
            warnings);
    }

    [Theory]
    [InlineData("LC_ALL", "C", false)]
    [InlineData("LC_ALL", "POSIX", false)]
    [InlineData("LANG", "de_DE.ISO-8859-1", false)]
    [InlineData("LC_CTYPE", "C.UTF-8", true)]
    [InlineData("LANG", "en_US.utf8", true)]
    [InlineData("TERM", "xterm", true)]
    public void Marks_are_what_the_locale_can_show(string variable, string value, bool isUtf8)
    {
        using var machine = new MachineConsole(Server());
        machine.Console.Environment[variable] = value;

        Assert.Equal(0, machine.Run());

        Assert.Equal(isUtf8, machine.Output.Contains('·'));
        Assert.Equal(isUtf8, machine.Output.Any(c => c > 127));
        Assert.Contains(isUtf8 ? "HOST · 6 listening" : "HOST - 6 listening", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_group_stands_once_whatever_its_ports()
    {
        using var machine = new MachineConsole(new MachineBuilder()
            .Listen("127.0.0.1:22").Listen("0.0.0.0:80").Listen("127.0.0.1:631").Listen("0.0.0.0:443"));

        Assert.Equal(0, machine.Run());

        Assert.Equal(
            ["UNKNOWN", "PORT", "80/tcp", "443/tcp", "THIS", "22/tcp", "631/tcp"],
            machine.Output.Split('\n').Skip(2).Where(l => l.Length > 0).Select(l => l.Split(' ')[0]));
    }

    [Fact]
    public void Other_namespaces_are_counted_until_they_are_asked_for()
    {
        using var machine = new MachineConsole(new MachineBuilder(), otherNamespaces: 2);
        using var all = new MachineConsole(new MachineBuilder(), otherNamespaces: 2);
        using var json = new MachineConsole(new MachineBuilder(), otherNamespaces: 2);
        using var unknown = new MachineConsole(new MachineBuilder(), otherNamespaces: null);

        Assert.Equal([0, 0, 0, 0], [machine.Run(), all.Run("--all"), json.Run("--json"), unknown.Run("--json")]);

        Assert.Equal("HOST · nothing listens here\n\nOTHER NAMESPACES  2 (portolan --all)\n", machine.Output);
        Assert.Equal("HOST · nothing listens here\n", all.Output);
        Assert.Equal(2, JsonSchema.AssertValid(json.Console.Output).GetProperty("unseenNamespaces").GetInt32());
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null, JsonSchema.AssertValid(unknown.Console.Output).GetProperty("unseenNamespaces").ValueKind);
    }

    [Fact]
    public void In_a_pid_namespace_an_owner_out_of_sight_is_hidden_and_not_none()
    {
        using var machine = new MachineConsole(new MachineBuilder { IsConfined = true }.Listen("0.0.0.0:80"));

        Assert.Equal(0, machine.Run());

        Assert.Contains("(hidden)", machine.Output, StringComparison.Ordinal);
        Assert.Contains("pid namespace", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_where_nothing_listens_says_so()
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(0, machine.Run());

        Assert.Equal("HOST · nothing listens here\n", machine.Output);
    }

    [Fact]
    public void What_is_hidden_is_counted_on_top_and_explained_on_stderr()
    {
        using var machine = new MachineConsole(new MachineBuilder { HiddenProcesses = 12 }.Listen("0.0.0.0:80").Listen("0.0.0.0:443"));

        Assert.Equal(0, machine.Run());

        Assert.Contains("2 owners hidden\n", machine.Output, StringComparison.Ordinal);
        Assert.Contains("(hidden) 1000", machine.Output, StringComparison.Ordinal);
        Assert.Contains("portolan: unknown: the owners of 2 ports: ", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_process_name_cannot_move_the_cursor()
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(10, "a\u001b]0;x\u0007\u202eb").Listen("0.0.0.0:80", 10), isTerminal: true, width: 80);

        Assert.Equal(0, machine.Run());

        Assert.DoesNotContain('\u001b', machine.Output);
        Assert.DoesNotContain('\u202e', machine.Output);
        Assert.Contains(@"a\x1b]0;x\x07\u{202e}b 10", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_narrow_terminal_the_owner_loses_its_directory_and_never_its_name()
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(10, "a-program-with-a-name-of-great-length").Listen("0.0.0.0:80", 10), isTerminal: true,
            width: 60);

        Assert.Equal(0, machine.Run());

        Assert.All(machine.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 60));
        Assert.Contains(" a-program-with-a-name-of-great-length 10 1000\n", machine.Output, StringComparison.Ordinal);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData("22,5432", "22/tcp 5432/tcp")]
    [InlineData(":80", "80/tcp")]
    [InlineData("50-90", "53/udp 80/tcp")]
    [InlineData("53/udp", "53/udp")]
    [InlineData("22/udp", "")]
    [InlineData("udp", "53/udp 40000/udp 40001/udp")]
    [InlineData("nginx", "80/tcp")]
    [InlineData("NGIN", "80/tcp")]
    [InlineData("ssh", "22/tcp")]
    [InlineData("unit:ssh", "22/tcp")]
    [InlineData("unit:sshd", "")]
    [InlineData("pid:11", "80/tcp")]
    [InlineData("11", "")]
    [InlineData("user:0", "22/tcp 80/tcp 631/tcp")]
    [InlineData("127.0.0.1", "22/tcp 80/tcp 25/tcp 631/tcp 5432/tcp 40000/udp 40001/udp")]
    [InlineData("127.0.0.1:25", "25/tcp")]
    [InlineData("[::1]:631", "631/tcp")]
    [InlineData("postgres 80", "80/tcp 25/tcp 5432/tcp")]
    public void Words_choose_rows(string words, string ports)
    {
        using var machine = new MachineConsole(Server());
        using var json = new MachineConsole(Server());

        Assert.Equal(ports.Length > 0 ? 0 : 1, machine.Run(words.Split(' ')));
        Assert.Equal(ports.Length > 0 ? 0 : 1, json.Run([.. words.Split(' '), "--json"]));

        string[] expected = ports.Length == 0 ? [] : ports.Split(' ');
        Assert.Equal(
            expected.Order(),
            machine.Output.Split('\n').Where(static l => l.Length > 0 && char.IsAsciiDigit(l[0])).Select(static l => l.Split(' ')[0])
                .Order());
        Assert.Equal(
            expected.Order(),
            JsonSchema.AssertValid(json.Console.Output).GetProperty("ports").EnumerateArray()
                .Select(static p => $"{p.GetProperty("port")}/{p.GetProperty("protocol")}").Order());
        if (ports.Length == 0)
        {
            Assert.Contains($"portolan: no listening port matches {words}\n", machine.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Behind_two_hyphens_a_word_like_a_command_is_a_name()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "php").Listen("0.0.0.0:80", 10));

        Assert.Equal(0, machine.Run("--", "php"));

        Assert.Contains("80/tcp  *     php 10", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ascii_is_there_when_asked_for()
    {
        using var machine = new MachineConsole(Server());

        Assert.Equal(0, machine.Run("--ascii"));

        Assert.True(machine.Output.All(char.IsAscii));
        Assert.Contains("HOST - 6 listening", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_without_a_name_is_shown_by_its_pid()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "").Listen("0.0.0.0:80", 10));

        Assert.Equal(0, machine.Run());

        Assert.Contains("  pid 10 1000 ", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Colour_is_there_when_asked_for_and_the_text_is_the_same()
    {
        using var plain = new MachineConsole(Server());
        using var colored = new MachineConsole(Server());
        plain.Run();
        colored.Run("--color", "always");

        Assert.NotEqual(plain.Output, colored.Output);
        var stripped = System.Text.RegularExpressions.Regex.Replace(
            colored.Output, "\u001b\\[[0-9]*m", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.Equal(
            plain.Output.Split('\n').Select(l => l.TrimEnd()),
            stripped.Split('\n').Select(l => l.TrimEnd()));
    }

    [Fact]
    public void The_document_follows_its_schema_and_says_the_same()
    {
        using var machine = new MachineConsole(Server().Listen("127.0.0.1:80").InNamespace("blue"));

        Assert.Equal(0, machine.Run("--json", "--all-namespaces"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        var ports = document.GetProperty("ports").EnumerateArray().ToList();
        Assert.Equal([22, 53, 80, 25, 631, 5432, 80], ports.Select(p => p.GetProperty("port").GetInt32()));
        Assert.Equal(
            ["unknown", "unknown", "unknown", "local", "local", "local", "local"],
            ports.Select(p => p.GetProperty("exposure").GetString()));
        Assert.Equal(
            ["unit", "process", "process", "process", "process", "process", "none"],
            ports.Select(p => p.GetProperty("owner").GetProperty("kind").GetString()));
        Assert.Equal([null, null, null, null, null, null, "blue"], ports.Select(p => p.GetProperty("namespace").GetString()));
        Assert.Equal([1, 0, 2, 0, 0, 0, 0], ports.Select(p => p.GetProperty("connections").GetInt32()));
        Assert.Equal(1200, ports[0].GetProperty("bytesIn").GetInt32());
        Assert.Equal([10, 11, 12], ports[2].GetProperty("owners").EnumerateArray().Select(o => o.GetProperty("pid").GetInt32()));
        Assert.Equal(2, document.GetProperty("clientSockets").GetInt32());
        Assert.Equal(
            ["the firewall's rules"],
            document.GetProperty("missing").EnumerateArray().Select(m => m.GetProperty("what").GetString()).Distinct());
    }

    [Fact]
    public void Hidden_owners_are_null_in_the_document_and_make_it_incomplete()
    {
        using var machine = new MachineConsole(new MachineBuilder { HiddenProcesses = 12 }.Listen("0.0.0.0:80"));

        machine.Run("--json");

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, document.GetProperty("ports")[0].GetProperty("owners").ValueKind);
        Assert.False(document.GetProperty("complete").GetBoolean());
    }

    private static MachineBuilder Server() => new MachineBuilder()
        .Process(812, "sshd", unit: "ssh.service", user: 0)
        .Process(10, "nginx", user: 0).Process(11, "nginx", parent: 10).Process(12, "nginx", parent: 10)
        .Process(30, "named").Process(40, "cupsd", user: 0).Process(50, "postgres")
        .Listen("0.0.0.0:22", 812).Listen("[::]:22", 812).V6Only()
        .Listen("0.0.0.0:80", 10, 11, 12).Queue(129, 128)
        .Listen("127.0.0.1:631", 40).Listen("[::1]:631", 40)
        .Listen("127.0.0.1:25", 50).Listen("127.0.0.1:5432", 50)
        .Udp("192.0.2.1:53", 30)
        .UdpClient("0.0.0.0:40000", 30).UdpClient("[::]:40001", 30)
        .Connection("192.0.2.1:22", "203.0.113.5:50000", bytesIn: 1200, bytesOut: 8600)
        .Connection("192.0.2.1:80", "203.0.113.5:50001", bytesIn: 100, bytesOut: 5)
        .Connection("192.0.2.1:80", "203.0.113.5:50002", bytesIn: 50, bytesOut: 40, state: SocketState.CloseWait)
        .Connection("192.0.2.1:50003", "203.0.113.5:443", bytesIn: 1_000_000);
}
