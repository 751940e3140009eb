using Portolan.Model;
using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Charting;

public sealed class WhoCommandTests
{
    [Fact]
    public void The_holder_is_shown_with_everything_that_led_to_it()
    {
        using var machine = new MachineConsole(new MachineBuilder()
            .Process(1, "systemd", parent: 0, user: 0).Process(70, "bash", parent: 1)
            .Process(71, "node", parent: 70, unit: "web.service", command: ["node", "server.js", "--port", "8080"])
            .Listen("[::]:8080", 71)
            .Connection("[::ffff:192.0.2.1]:8080", "[::ffff:203.0.113.5]:50000"));

        Assert.Equal(0, machine.Run("who", "8080"));

        Assert.Equal(
            """
            8080/tcp (web) is held by web.service 71
              service     web, by its unit
              process     node 71, user 1000, started 2y260d ago (2023-11-14T22:13:27.100Z)
              command     node server.js --port 8080
              directory   /srv/app
              program     /usr/bin/node
              bound to    [::]:8080 (IPv4 too)
              connections 1 open now
              started by  bash 70 <- systemd 1
              bind        0.0.0.0:8080: Address already in use
              bind        [::]:8080: Address already in use
              ! [::]:8080 is bound dual-stack: it also covers IPv4, so neither 0.0.0.0:8080 nor any single address can be bound
            nearest free port: 8081
            to free this port: portolan stop 8080

            """,
            machine.Output);
        Assert.Equal("", machine.Error);
    }

    [Fact]
    public void Why_it_runs_is_said_with_the_source_of_each_fact()
    {
        var units = Directory.CreateTempSubdirectory("portolan-units-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(units, "web.service"), "[Service]\nExecStart=/usr/bin/node\nRestart=on-failure\nRestartSec=5\n");
            Directory.CreateDirectory(Path.Combine(units, "multi-user.target.wants"));
            File.CreateSymbolicLink(Path.Combine(units, "multi-user.target.wants", "web.service"), Path.Combine(units, "web.service"));
            var builder = new MachineBuilder()
                .Process(1, "systemd", parent: 0, user: 0)
                .Process(71, "node", parent: 1, unit: "web.service", user: 0, command: ["node", "--inspect", "server.js", "--port=8080"])
                .Listen("[::]:8080", 71);
            using var machine = new MachineConsole(builder, units: units);
            using var json = new MachineConsole(builder, units: units);

            Assert.Equal((0, 0), (machine.Run("who", "8080"), json.Run("who", "8080", "--json")));

            Assert.Contains(
                $"""
                  started by  systemd 1
                  why         systemd runs web.service, at boot for multi-user.target: {units}/web.service
                  restarts    systemd, 5s after it fails (Restart=on-failure): {units}/web.service
                  port from   --port=8080 on its command line
                  warning     it runs as root, although ports from 1024 on do not need root
                  warning     node's inspector is a development server, but is bound beyond loopback

                """.ReplaceLineEndings("\n"),
                machine.Output, StringComparison.Ordinal);
            var origin = JsonSchema.AssertValid(json.Console.Output).GetProperty("holders")[0].GetProperty("origin");
            Assert.Equal("systemd", origin.GetProperty("startedBy").GetProperty("code").GetString());
            Assert.Equal($"{units}/web.service", origin.GetProperty("startsAgain").GetProperty("source").GetString());
            Assert.Equal("argument", origin.GetProperty("portFrom").GetProperty("code").GetString());
            Assert.Equal(
                ["root", "development-server"],
                origin.GetProperty("warnings").EnumerateArray().Select(static w => w.GetProperty("code").GetString()));
        }
        finally
        {
            Directory.Delete(units, recursive: true);
        }
    }

    [Theory]
    [InlineData("8080 53/udp", "8080/tcp 53/udp")]
    [InlineData("8000-9000", "8080/tcp 8443/tcp")]
    [InlineData("8443,53", "53/udp 8443/tcp")]
    [InlineData("8000-9000/udp", "")]
    [InlineData("node", "8080/tcp 8443/tcp")]
    [InlineData("unit:web", "8443/tcp")]
    [InlineData("--pid 53", "53/udp")]
    [InlineData("--pid 53 unit:web", "53/udp 8443/tcp")]
    [InlineData("127.0.0.1:8080", "8080/tcp")]
    [InlineData("127.0.0.1", "8080/tcp")]
    [InlineData("named", "53/udp")]
    [InlineData("--pid 4711", "")]
    [InlineData("unit:nothing", "")]
    public void Words_may_be_several_and_names_find_ports(string words, string ports)
    {
        var builder = new MachineBuilder().Process(70, "node").Process(71, "node", unit: "web.service").Process(53, "named")
            .Listen("127.0.0.1:8080", 70).Listen("192.0.2.1:8443", 71).Udp("192.0.2.1:53", 53);
        using var machine = new MachineConsole(builder);
        using var json = new MachineConsole(builder);

        Assert.Equal(ports.Length > 0 ? 0 : 1, machine.Run(["who", .. words.Split(' ')]));
        Assert.Equal(ports.Length > 0 ? 0 : 1, json.Run(["who", .. words.Split(' '), "--json"]));

        string[] expected = ports.Length == 0 ? [] : ports.Split(' ');
        Assert.Equal(
            expected.Order(),
            machine.Output.Split('\n').Where(static l => l.Contains(" is held by ", StringComparison.Ordinal))
                .Select(static l => l.Split(' ')[0]).Order());
        if (ports.Length == 0)
        {
            Assert.StartsWith($"portolan: no port in use matches {words}\n", machine.Error, StringComparison.Ordinal);
            Assert.Equal("", json.Console.Output);
        }
    }

    [Fact]
    public void What_names_and_ranges_find_is_a_line_of_json_for_each_port_and_no_bind_is_explained()
    {
        var builder = new MachineBuilder().Process(70, "node").Listen("127.0.0.1:8080", 70).Listen("127.0.0.1:8081", 70);
        using var machine = new MachineConsole(builder);
        using var json = new MachineConsole(builder);

        Assert.Equal((0, 0), (machine.Run("who", "node"), json.Run("who", "node", "--json")));

        Assert.DoesNotContain("bind ", machine.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("to free this port", machine.Output, StringComparison.Ordinal);
        Assert.Contains("\n\n8081/tcp", machine.Output, StringComparison.Ordinal);
        Assert.Equal(
            [8080, 8081],
            json.Console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static l => JsonSchema.AssertValid(l).GetProperty("port").GetInt32()));
    }

    [Fact]
    public void A_name_of_the_registry_finds_its_port_and_what_runs_under_that_name_elsewhere()
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(10, "sshd", unit: "ssh.service", user: 0).Listen("0.0.0.0:2222", 10));

        Assert.Equal(0, machine.Run("who", "ssh"));

        Assert.StartsWith("22/tcp (ssh): not in use", machine.Output, StringComparison.Ordinal);
        Assert.Contains("\n2222/tcp (ssh) is held by ssh.service 10\n", machine.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--pid 0", "--pid takes a process id, not '0'")]
    [InlineData("--pid x", "--pid takes a process id, not 'x'")]
    [InlineData("", "PORT is missing")]
    public void A_question_without_a_port_is_refused(string words, string message)
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(2, machine.Run(["who", .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));

        Assert.StartsWith($"portolan: {message}\nhint: ", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_terminal_lines_are_broken_but_for_those_that_are_copied()
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(
                71, "node",
                command: ["node", "server.js", "--port", "8080", "--public", "/srv/app/static/files", "--log", "/var/log/app.log"]).Listen(
                    "[::]:8080", 71),
            isTerminal: true,
            width: 80);

        Assert.Equal(0, machine.Run("who", "8080", "--color", "never"));

        var lines = machine.Output.Split('\n');
        Assert.Equal(
            ["command"], lines.Where(static l => l.Length > 80).Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Contains(
            "  ! [::]:8080 is bound dual-stack: it also covers IPv4, so neither 0.0.0.0:8080\n    nor any single address can be bound\n",
            machine.Output, StringComparison.Ordinal);
    }

    /// <summary>Each look at connections walks the kernel's table of all of them: 40 ms where there are 100,000.</summary>
    [Theory]
    [InlineData("8081", 1)]
    [InlineData("8080", 2)]
    public void The_connections_are_looked_at_once_for_a_free_port(string port, int looks)
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(71, "node").Listen("0.0.0.0:8080", 71));

        machine.Run("who", $"{port}/tcp");

        Assert.Equal(looks, machine.Queries.Count(static q => (q.States & (1u << (int)SocketState.Established)) != 0));
    }

    [Fact]
    public void A_udp_port_has_no_connections()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(53, "named").Udp("0.0.0.0:53", 53));

        Assert.Equal(0, machine.Run("who", "53"));

        Assert.StartsWith("53/udp (domain) is held by named 53", machine.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("connections", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_nobody_holds_is_said_to_be_free_and_exits_1()
    {
        using var machine = new MachineConsole(new MachineBuilder().Listen("0.0.0.0:8081"));

        Assert.Equal(1, machine.Run("who", "8080/tcp"));

        Assert.Equal("8080/tcp (http-alt): not in use; a bind works\n", machine.Output);
    }

    [Fact]
    public void A_bind_that_fails_though_nobody_holds_the_port_is_explained()
    {
        using var machine = new MachineConsole(new MachineBuilder().TimeWait("127.0.0.1:9999", "127.0.0.1:50000", 12_300));

        Assert.Equal(1, machine.Run("who", "9999/tcp"));

        Assert.Equal(
            """
            9999/tcp (distinct): not in use, yet a bind fails
              bind        0.0.0.0:9999: Address already in use
              bind        [::]:9999: Address already in use
              ! 1 past connection keeps it in TIME-WAIT for 13 s more, e.g. 127.0.0.1:9999 with 127.0.0.1:50000: a bind fails even with SO_REUSEADDR, because the earlier sockets did not set it
            nearest free port: 10000

            """,
            machine.Output);
    }

    [Fact]
    public void A_socket_that_is_bound_and_idle_holds_the_port()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "app").Add(
            SocketProtocol.Tcp, SocketState.Bound, "127.0.0.1:7000", null, [10]));

        Assert.Equal(0, machine.Run("who", "7000/tcp"));

        Assert.StartsWith("7000/tcp is bound and idle, held by app 10", machine.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7000-7001", "7000/tcp is bound and idle, held by app 10", "7001/tcp is the local port of connections of app 10")]
    [InlineData("127.0.0.1:7000-7001", "7000/tcp is bound and idle, held by app 10", null)]
    [InlineData("192.0.2.1:7000-7001", null, "7001/tcp is the local port of connections of app 10")]
    public void A_range_finds_what_single_ports_find(string range, string? idle, string? connection)
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "app")
            .Add(SocketProtocol.Tcp, SocketState.Bound, "127.0.0.1:7000", null, [10])
            .Connection("192.0.2.1:7001", "203.0.113.9:443", pids: 10));

        Assert.Equal(0, machine.Run("who", range));

        Assert.Equal(
            (idle is not null, connection is not null),
            (machine.Output.Contains("7000/tcp is bound", StringComparison.Ordinal),
                machine.Output.Contains("7001/tcp is the local", StringComparison.Ordinal)));
        Assert.Contains(idle ?? connection!, machine.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:7000", 1, "7000/tcp (afs3-fileserver): not in use at 127.0.0.1; a bind works")]
    [InlineData("127.0.0.2:7000", 0, "7000/tcp (app) is held by app 10")]
    [InlineData("0.0.0.0:7000", 0, "7000/tcp (app) is held by app 10")]
    [InlineData("[::]:7000", 0, "7000/tcp (app) is held by app 10")]
    [InlineData("[::1]:7000", 1, "7000/tcp (afs3-fileserver): not in use at ::1; a bind works")]
    public void An_address_is_asked_about_alone(string word, int code, string said)
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "app").Listen("127.0.0.2:7000", 10));

        Assert.Equal(code, machine.Run("who", word));

        Assert.Contains(said, machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_local_port_of_a_connection_is_held_by_its_program()
    {
        using var machine =
            new MachineConsole(new MachineBuilder().Process(77, "curl").Connection("192.0.2.1:50123", "203.0.113.9:443", pids: 77));

        Assert.Equal(0, machine.Run("who", "50123"));

        Assert.StartsWith("50123/tcp is the local port of connections of curl 77", machine.Output, StringComparison.Ordinal);
        Assert.Contains("connections 1, e.g. to 203.0.113.9:443\n", machine.Output, StringComparison.Ordinal);
        Assert.Contains("- port 50123 lies in this host's ephemeral range (32768-60999)", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hidden_holder_is_said_to_be_hidden()
    {
        using var machine = new MachineConsole(new MachineBuilder { HiddenProcesses = 5 }.Listen("0.0.0.0:80"));

        Assert.Equal(0, machine.Run("who", "80"));

        Assert.StartsWith(
            "80/tcp (http?) is held by a hidden process of 1000\n", machine.Output, StringComparison.Ordinal);
        Assert.NotEqual("", machine.Error);
    }

    [Theory]
    [InlineData(
        "0",
        "port 0 cannot be in use: in a bind it lets the system choose a port, it is reserved in TCP, and as a UDP source it means no port")]
    [InlineData("70000", "70000 is not a port: a port is a 16-bit number, 0 to 65535")]
    [InlineData("99999999999999999999", "99999999999999999999 is not a port: a port is a 16-bit number, 0 to 65535")]
    [InlineData("80/icmp", "'icmp' is not a protocol with ports")]
    [InlineData("80/", "'' is not a protocol with ports")]
    [InlineData("htps", "no service is called 'htps'; did you mean https?")]
    [InlineData("https/sctp0", "'sctp0' is not a protocol with ports")]
    [InlineData("", "'' does not name a port")]
    [InlineData("/tcp", "'/tcp' does not name a port")]
    [InlineData(":", "no service is called ':'")]
    [InlineData(":70000", "70000 is not a port: a port is a 16-bit number, 0 to 65535")]
    public void What_names_no_port_explains_itself_and_exits_2(string word, string message)
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(2, machine.Run("who", word));

        Assert.Equal("", machine.Output);
        Assert.StartsWith($"portolan: {message}\nhint: ", machine.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https", "443/tcp")]
    [InlineData("DOMAIN/udp", "53/udp")]
    [InlineData("22", "22/tcp")]
    [InlineData(":22", "22/tcp")]
    [InlineData(":https/tcp", "443/tcp")]
    public void A_service_may_stand_for_its_port(string word, string expected)
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(1, machine.Run("who", word));

        Assert.StartsWith(expected, machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        using var held = new MachineConsole(new MachineBuilder()
            .Process(1, "systemd", parent: 0).Process(71, "node", unit: "web.service").Listen("[::]:8080", 71).Udp("127.0.0.1:8080", 71)
            .TimeWait("192.0.2.1:8080", "203.0.113.5:1"));
        using var free = new MachineConsole(new MachineBuilder());

        Assert.Equal(0, held.Run("who", "8080", "--json"));
        Assert.Equal(1, free.Run("who", "8080", "--json"));

        var document = JsonSchema.AssertValid(held.Console.Output);
        Assert.True(document.GetProperty("held").GetBoolean());
        Assert.Equal(["tcp", "udp"], document.GetProperty("holders").EnumerateArray().Select(h => h.GetProperty("protocol").GetString()));
        Assert.Equal(1, document.GetProperty("holders")[0].GetProperty("ancestors")[0].GetProperty("pid").GetInt32());
        Assert.Equal("/srv/app", document.GetProperty("holders")[0].GetProperty("workingDirectory").GetString());
        Assert.Equal(
            ["dual-stack", "time-wait"],
            document.GetProperty("binds")[0].GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()));
        Assert.Equal(8081, document.GetProperty("nearestFree").GetInt32());
        Assert.False(JsonSchema.AssertValid(free.Console.Output).GetProperty("held").GetBoolean());
    }
}
