using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Forwarding;

/// <summary><c>portolan forward</c> as people run it, on loopback.</summary>
public sealed class ForwardTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("portolan.forward/1");

    [Fact]
    public void Events_follow_the_schema_from_the_start_to_the_end_by_a_signal()
    {
        using var target = new EchoTarget();
        using var forward = PortolanProgram.Start(
            "forward", "127.0.0.1:0", target.Name, "127.0.0.1:0/udp", "127.0.0.1:9", "--json", "--every", "100ms", "--allow", "127.0.0.0/8",
            "--limit", "9");
        var start = Valid(forward.NextLine()!);
        var port = start.GetProperty("forwards")[0].GetProperty("port").GetInt32();
        Assert.Equal("127.0.0.0/8", start.GetProperty("forwards")[0].GetProperty("allow")[0].GetString());
        Assert.Equal("hello", Talk(port, "hello"));
        forward.Signal("TERM");
        var result = forward.Finish().Expect(143);
        var events = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Valid).ToList();
        var connection = Assert.Single(events, e => e.GetProperty("event").GetString() == "connection");
        Assert.Equal(
            ("completed", 5, 5),
            (connection.GetProperty("cause").GetString(), connection.GetProperty("bytesUp").GetInt32(),
                connection.GetProperty("bytesDown").GetInt32()));
        Assert.Equal("end", events[^1].GetProperty("event").GetString());
        Assert.Equal(1, events[^1].GetProperty("forwards")[0].GetProperty("ended").GetProperty("completed").GetInt32());
    }

    [Fact]
    public void People_see_what_is_forwarded_and_the_balance_and_an_ordinary_user_may_do_it()
    {
        using var target = new EchoTarget();
        var port = FreePort();
        var command = PortolanProgram.AsNobody(["forward", $"127.0.0.1:{port}", target.Name]);
        using var forward = Programs.Start(command[0], command[1..]);
        Assert.Equal($"forwarding 127.0.0.1:{port}/tcp to {target.Name}", forward.NextLine());
        Assert.Equal("hello", Talk(port, "hello"));
        forward.Signal("INT");
        var lines = forward.Finish().Expect(130).Output.Split('\n');
        Assert.StartsWith("LISTEN", lines[0], StringComparison.Ordinal);
        Assert.Matches($@"^127\.0\.0\.1:{port}/tcp +{target.Name} +0 +1 +5 +5 ", lines[1]);
    }

    [Fact]
    public void A_port_that_is_taken_is_answered_as_who_does()
    {
        using var target = new EchoTarget();
        var result = PortolanProgram.Run("forward", target.Name, "127.0.0.1:9").Expect(3);
        Assert.Contains($"cannot listen on {target.Name}/tcp: the port is in use", result.Error, StringComparison.Ordinal);
        Assert.Matches($@"{target.Port}/tcp (\([^)]*\) )?is held by", result.Error);
        Assert.Contains($"hint: portolan stop {target.Port}/tcp", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public void A_port_below_1024_is_refused_to_an_ordinary_user_with_what_helps()
    {
        var result = PortolanProgram.RunAsNobody("forward", "127.0.0.1:81", "127.0.0.1:9").Expect(4);
        Assert.Contains("needs CAP_NET_BIND_SERVICE", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            "hint: run it with sudo, use a port from 1024 up, or set net.ipv4.ip_unprivileged_port_start=81, which lets every user bind "
                + "all ports from 81 to 1023\n",
            result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("forward", "nothing to forward")]
    [InlineData("forward 8080", "no target for")]
    [InlineData("forward 8080:web:80", "-L 8080:web:80")]
    [InlineData("forward 8080 127.0.0.1:9 8080 127.0.0.1:10", "listened on twice")]
    [InlineData("forward 8080 127.0.0.1:9 127.0.0.1:8080 127.0.0.1:10", "listen on the same port")]
    [InlineData("forward 8080 127.0.0.1:9 --metrics 8080", "--metrics and *:8080/tcp")]
    [InlineData("forward 8080 localhost:8080", ": a forwarding loop")]
    [InlineData("forward 8080 127.0.0.1:9 --metrics [fe80::1%lo]:9100", "takes no link-local address")]
    [InlineData("forward -f /dev/zero", "longer than 4 MiB")]
    [InlineData("forward -f /tmp", "it is a folder")]
    [InlineData("forward 8080 127.0.0.1:9 --drain soon", "--drain takes a time")]
    [InlineData("forward -f /nonexistent", "cannot read")]
    [InlineData("forward -R 1:a:2", "ssh")]
    [InlineData("forward 8080/udp 127.0.0.1:9 --check tcp", "--check needs a TCP port")]
    [InlineData(
        "forward 8080/udp 127.0.0.1:9 --responses=-1",
        "--responses takes the number of answers per datagram, from 0 to 1000, not '-1'")]
    [InlineData("forward 8080/udp 127.0.0.1:9 --responses 1001", "from 0 to 1000, not '1001'")]
    [InlineData("forward 8080/udp 127.0.0.1:9 --responses many", "not 'many'")]
    [InlineData("forward 8080/udp 127.0.0.1:9 --responses", "--responses")]
    [InlineData("forward 8080 127.0.0.1:9 --responses 1", "--responses needs a UDP forward")]
    [InlineData("forward --kernel 8080/udp 127.0.0.1:9 --responses 1", "--responses needs the relay")]
    [InlineData("forward 8080 127.0.0.1:9 --sni web", "does not inspect streams")]
    [InlineData("forward 8080 127.0.0.1:9 --balance roundrobin", "in turn")]
    [InlineData("forward 8080 127.0.0.1:9 --deny=192.0.2.1", "--allow names the allowed clients")]
    [InlineData("forward 8080 127.0.0.1:9 --maxconn 5", "--limit")]
    [InlineData("forward 53 127.0.0.1:9 -u", "53/udp")]
    public void What_is_wrong_is_a_usage_error(string line, string words)
    {
        var result = PortolanProgram.Run(line.Split(' ')).Expect(2);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_says_what_would_be_done_and_does_nothing()
    {
        using var target = new EchoTarget();
        var port = FreePort();
        var fine = PortolanProgram.Run("forward", "-L", $"{port}:localhost:80", "--limit", "5", "--dry-run").Expect(0);
        var told =
            Valid(PortolanProgram.Run("forward", "-L", $"{port}:localhost:80", "--idle", "300ms", "--dry-run", "--json").Expect(0).Output);
        Assert.Equal(0.3, told.GetProperty("forwards")[0].GetProperty("idleSeconds").GetDouble());
        Assert.Matches($@"^would forward 127\.0\.0\.1:{port}/tcp to localhost:80 \(.*127\.0\.0\.1.*\), at most 5 at once\n$", fine.Output);
        var taken = PortolanProgram.Run("forward", $"{target.Name}", "127.0.0.1:80", "--dry-run", "--json").Expect(1);
        Assert.Contains(
            "portolan who", Valid(taken.Output).GetProperty("forwards")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_signal_ends_at_once_what_would_drain_for_long()
    {
        using var target = new EchoTarget();
        using var forward = PortolanProgram.Start("forward", "127.0.0.1:0", target.Name, "--json", "--drain", "10m");
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        using var client = Connected(port);
        client.Send("x"u8);
        client.Receive(new byte[1]);
        forward.Signal("TERM");

        // Two that come before it looks would be one. Once it ends it listens no more.
        Bounded.Until(() => !IsListenedOn(port), "the first signal is handled");
        forward.Signal("TERM");
        var end = Valid(forward.Finish().Expect(143).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        // What was counted is not lost with the connection.
        Assert.Equal(
            ("end", 1, 1),
            (end.GetProperty("event").GetString(), end.GetProperty("reset").GetInt32(),
                end.GetProperty("forwards")[0].GetProperty("bytesUp").GetInt32()));
    }

    [Theory]
    [InlineData("127.0.0.1:20000-24999")]
    [InlineData("127.0.0.1:20000-24999/udp")]
    public void A_dry_run_says_which_port_there_is_no_descriptor_for_as_the_run_does(string listen) => Netns.Run(() =>
    {
        var prlimit = Programs.Find("prlimit", "/usr/bin/prlimit");
        string[] words = ["--nofile=1024:1024", Repository.PathOf("out", "portolan"), "forward", listen, "127.0.0.1:30000-34999"];
        var dry = Programs.Run(prlimit, [.. words, "--dry-run"]).Expect(1).Output;
        var real = Programs.Run(prlimit, words).Expect(3).Error;
        var place = Regex.Match(
            dry, @"^would forward (\S+) to \S+\n  but Too many open files: each listening port takes a descriptor: raise the limit ",
            RegexOptions.Multiline);
        Assert.True(place.Success, dry);
        Assert.StartsWith($"portolan: cannot listen on {place.Groups[1].Value}: Too many open files\nhint: each listening port takes "
            + $"a descriptor: raise the limit with ulimit -n", real, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Five_thousand_connections_through_a_limit_of_1024_descriptors_wait_and_none_is_lost()
    {
        const int Count = 5000;
        using var target = new EchoTarget();
        var prlimit = Programs.Find("prlimit", "/usr/bin/prlimit");
        using var forward = Programs.Start(
            prlimit,
            ["--nofile=1024:1024", Repository.PathOf("out", "portolan"), "forward", "127.0.0.1:0", target.Name, "--json", "--every", "1h"]);
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        var clients =
            Enumerable.Range(0, Count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToArray();
        try
        {
            // All at once; each goes only when it was served.
            var served = clients.Select((client, i) => Serve(client, port, i)).ToArray();
            await Task.WhenAll(served).WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
            forward.Signal("TERM");
            var result = forward.Finish().Expect(143);
            var events = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Valid).ToList();
            Assert.Contains(
                events,
                e => e.GetProperty("event").GetString() == "warning"
                    && e.GetProperty("message").GetString()!.Contains("no descriptor is left (limit 1024)", StringComparison.Ordinal));
            Assert.Equal(Count, events[^1].GetProperty("forwards")[0].GetProperty("ended").GetProperty("completed").GetInt32());
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    [Fact]
    public void Metrics_are_what_promtool_accepts()
    {
        using var target = new EchoTarget();
        var metrics = FreePort();
        using var forward = PortolanProgram.Start(
            "forward", "127.0.0.1:0", target.Name, "127.0.0.1:0/udp", "127.0.0.1:9", "--json", "--metrics",
            metrics.ToString(CultureInfo.InvariantCulture));
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        Assert.Equal("hello", Talk(port, "hello"));
        var answer = Get(metrics, "/metrics");
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4", answer, StringComparison.Ordinal);
        var text = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains(
            $"portolan_forward_received_bytes_total{{forward=\"127.0.0.1:{port}/tcp\",from=\"client\"}} 5\n", text,
            StringComparison.Ordinal);
        Assert.Contains(
            $"portolan_forward_target_up{{forward=\"127.0.0.1:{port}/tcp\",target=\"{target.Name}\"}} 1\n", text, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404", Get(metrics, "/other"), StringComparison.Ordinal);
        forward.Signal("TERM");
        forward.Finish().Expect(143);
        var promtool = Programs.Find("promtool (apt-get install prometheus)", "/usr/bin/promtool", "/usr/local/bin/promtool");
        var lint = Programs.Run(promtool, ["check", "metrics"], text).Expect(0);
        Assert.Equal("", lint.Error);
    }

    [Fact]
    public void A_target_whose_check_fails_gets_no_connections()
    {
        using var good = new EchoTarget();
        var dead = FreePort();
        using var forward = PortolanProgram.Start(
            "forward", "127.0.0.1:0", $"127.0.0.1:{dead},{good.Name}", "--check", "tcp", "--check-every", "200ms", "--json");
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        var down = Valid(forward.NextLine()!);
        Assert.Equal(
            ("target", false, $"127.0.0.1:{dead}"),
            (down.GetProperty("event").GetString(), down.GetProperty("up").GetBoolean(), down.GetProperty("target").GetString()));
        Assert.Contains("its check fails", down.GetProperty("reason").GetString(), StringComparison.Ordinal);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("hello", Talk(port, "hello"));
        }

        using var back = new EchoTarget(dead);
        JsonElement next;
        while ((next = Valid(forward.NextLine()!)).GetProperty("event").GetString() != "target")
        {
        }

        Assert.True(next.GetProperty("up").GetBoolean());
        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    [Fact]
    public void A_file_is_read_again_at_a_hang_up_and_a_faulty_one_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        using var first = new EchoTarget();
        using var second = new EchoTarget();
        var (kept, removed, added) = (FreePort(), FreePort(), FreePort());
        var file = folder["forwards.conf"];
        File.WriteAllText(file, $"127.0.0.1:{kept} {first.Name}\n127.0.0.1:{removed} {first.Name}\n");
        using var forward = PortolanProgram.Start("forward", "-f", file, "--json", "--every", "1h");
        Valid(forward.NextLine()!);
        Assert.Equal("hello", Talk(removed, "hello"));
        Assert.Equal("connection", Valid(forward.NextLine()!).GetProperty("event").GetString());

        File.WriteAllText(file, $"127.0.0.1:{kept} {second.Name} --limit 7\n127.0.0.1:{added} {first.Name}\n");
        forward.Signal("HUP");
        var reload = Valid(forward.NextLine()!);
        Assert.Equal(
            ("reload", 1, 1, 1),
            (reload.GetProperty("event").GetString(), reload.GetProperty("added").GetInt32(), reload.GetProperty("removed").GetInt32(),
                reload.GetProperty("changed").GetInt32()));
        Assert.Equal(2, reload.GetProperty("forwards").GetArrayLength());
        Assert.Equal(
            7, reload.GetProperty("forwards").EnumerateArray().Single(f => f.GetProperty("port").GetInt32() == kept).GetProperty("limit")
                .GetInt32());
        foreach (var port in new[] { kept, added })
        {
            Assert.Equal("hello", Talk(port, "hello"));
        }

        Assert.Equal(
            [second.Name, first.Name],
            new[] { forward.NextLine(), forward.NextLine() }.Select(l => Valid(l!).GetProperty("target").GetString()));
        Assert.Throws<SocketException>(() => Talk(removed, "hello"));

        foreach (var (text, fault) in new[]
        {
            ($"127.0.0.1:{kept} {first.Name}\n8080 a b\n", "line 2"),
            ($"127.0.0.1:{kept} {first.Name}\n127.0.0.1:{second.Port} {first.Name}\n", "the port is in use"),
            ($"127.0.0.1:{kept} {first.Name}\n*:{added} {first.Name}\n127.0.0.1:{added} {first.Name}\n", "listen on the same port"),
            ($"127.0.0.1:{kept} 127.0.0.1:{kept}\n", "a forwarding loop"),
            ($"127.0.0.1:{kept} nothing.invalid:80\n", "has no address"),
        })
        {
            File.WriteAllText(file, text);
            forward.Signal("HUP");
            var refused = Valid(forward.NextLine()!);
            Assert.Contains(fault, refused.GetProperty("problem").GetString(), StringComparison.Ordinal);
            Assert.Equal(2, refused.GetProperty("forwards").GetArrayLength());
            Assert.Equal("hello", Talk(added, "hello"));
            Assert.Equal("connection", Valid(forward.NextLine()!).GetProperty("event").GetString());
        }

        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    [Fact]
    public void Names_lead_elsewhere_when_they_are_looked_up_again()
    {
        using var folder = new TemporaryFolder();
        using var first = new EchoTarget();
        using var second = new EchoTarget(first.Port, IPAddress.Parse("127.0.0.2"));
        var (hosts, file) = (folder["hosts"], folder["forwards.conf"]);
        File.WriteAllText(hosts, "127.0.0.1 target.example\n");
        File.WriteAllText(file, $"127.0.0.3:0 target.example:{first.Port}\n");
        // The program sees a file of names of its own.
        using var forward = Programs.Start(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["-rm", "/bin/sh", "-c", $"mount --bind {hosts} /etc/hosts && exec '{PortolanProgram.Path}' forward -f {file}"]);
        if (forward.NextLine() is not { } line)
        {
            Assert.Skip("needs a mount namespace of its own: " + forward.Finish().Error);
            return;
        }

        Assert.Contains("(127.0.0.1)", line, StringComparison.Ordinal);
        var port = int.Parse(line.Split(':', '/')[1], CultureInfo.InvariantCulture);
        Assert.Equal("hello", Talk(port, "hello", "127.0.0.3"));
        Assert.Equal((1, 0), (first.Accepted, second.Accepted));
        File.WriteAllText(hosts, "127.0.0.2 target.example\n");
        forward.Signal("HUP");
        Assert.Contains("0 added, 0 removed, 0 changed", forward.WaitForError("was reloaded"), StringComparison.Ordinal);
        Assert.True(
            SpinWait.SpinUntil(() => Talk(port, "hello", "127.0.0.3") == "hello" && second.Accepted > 0, TimeSpan.FromMinutes(1)),
            "the name still leads to the first address");
        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public void What_nobody_hears_ends_no_forward(string redirection)
    {
        using var good = new EchoTarget();
        using var forward =
            Programs.Start("/bin/sh", ["-c", $"exec '{PortolanProgram.Path}' forward 127.0.0.1:0 127.0.0.1:1,{good.Name} {redirection}"]);
        var port = int.Parse(forward.NextLine()!.Split(':', '/')[1], CultureInfo.InvariantCulture);
        for (var i = 0; i < 4; i++)
        {
            // The first makes the dead target known, which is said on stderr.
            Assert.Equal("hello", Talk(port, "hello"));
            Thread.Sleep(100);
        }

        forward.Signal("TERM");
        Assert.Contains(" 4 ", forward.Finish().Expect(143).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_reads_nothing_keeps_neither_connections_nor_the_end_in_order()
    {
        using var folder = new TemporaryFolder();
        using var target = new EchoTarget();
        using var forward = PortolanProgram.Start(
            "forward", "127.0.0.1:0", target.Name, $"unix:{folder["a.sock"]}", target.Name, "--json", "--every", "1ms", "--drain", "0s");
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        // In its call of write(2), that is.
        Assert.True(SpinWait.SpinUntil(() => WaitsForPipe(forward.Id), TimeSpan.FromMinutes(1)), "it was never kept waiting");
        Assert.Equal("hello", Talk(port, "hello"));
        forward.Signal("TERM");
        Assert.True(SpinWait.SpinUntil(() => !File.Exists(folder["a.sock"]), TimeSpan.FromMinutes(1)), "the socket's file is still there");
        forward.Finish().Expect(143);
    }

    [Fact]
    public void Idle_clients_of_the_counters_keep_nobody_out_and_long_requests_are_answered()
    {
        using var target = new EchoTarget();
        var metrics = FreePort();
        using var forward = PortolanProgram.Start("forward", "127.0.0.1:0", target.Name, "--json", "--metrics", $"*:{metrics}");
        Valid(forward.NextLine()!);
        var idle = Enumerable.Range(0, 100).Select(_ => Connected(metrics)).ToList();
        Assert.StartsWith("HTTP/1.1 200 OK", Get(metrics, "/metrics"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431", Get(metrics, "/" + new string('x', 20_000)), StringComparison.Ordinal);
        Assert.True(idle[0].Poll(60_000_000, SelectMode.SelectRead));
        using var v6 = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        v6.Connect(IPAddress.IPv6Loopback, metrics);
        idle.ForEach(i => i.Dispose());
        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    [Fact]
    public void Where_the_counters_port_is_taken_nothing_is_left_behind()
    {
        using var folder = new TemporaryFolder();
        using var target = new EchoTarget();
        var result = PortolanProgram.Run("forward", $"unix:{folder["a.sock"]}", target.Name, "--metrics", $"{target.Port}").Expect(3);
        Assert.Contains($"--metrics cannot listen on 127.0.0.1 port {target.Port}", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void What_is_in_the_way_of_a_Unix_socket_is_said_and_not_touched()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["precious"], "precious");
        Assert.Contains(
            "a file with that name exists and is not a socket",
            PortolanProgram.Run("forward", $"unix:{folder["precious"]}", "127.0.0.1:80").Expect(3).Error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(folder["precious"]));
        Assert.Contains(
            $"folder {folder["none"]} does not exist",
            PortolanProgram.Run("forward", $"unix:{folder["none", "a.sock"]}", "127.0.0.1:80").Expect(3).Error, StringComparison.Ordinal);
        Assert.Contains(
            "does not exist",
            PortolanProgram.Run("forward", $"unix:{folder["none", "a.sock"]}", "127.0.0.1:80", "--dry-run").Expect(1).Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "may not write to", PortolanProgram.RunAsNobody("forward", $"unix:{folder["a.sock"]}", "127.0.0.1:80").Expect(4).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_that_is_not_there_is_said()
    {
        Assert.Contains(
            "this host has no interface none0", PortolanProgram.Run("forward", "127.0.0.1:0", "[fe80::1%none0]:80").Expect(3).Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "hint: ip -brief link", PortolanProgram.Run("forward", "[fe80::1%none0]:0", "127.0.0.1:80").Expect(3).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Forwards_whose_ports_the_kernel_chose_are_told_apart()
    {
        using var target = new EchoTarget();
        using var forward = PortolanProgram.Start("forward", "127.0.0.1:0", target.Name, "127.0.0.1:0", target.Name, "--json");
        var forwards = Valid(forward.NextLine()!).GetProperty("forwards");
        var port = forwards[1].GetProperty("port").GetInt32();
        Assert.Equal($"127.0.0.1:{port}/tcp", forwards[1].GetProperty("forward").GetString());
        Assert.Equal("hello", Talk(port, "hello"));
        Assert.Equal($"127.0.0.1:{port}/tcp", Valid(forward.NextLine()!).GetProperty("forward").GetString());
        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    private static JsonElement Valid(string line)
    {
        var root = JsonDocument.Parse(line).RootElement;
        Assert.Equal([], Schema.Validate(root));
        return root;
    }

    private static bool WaitsForPipe(int process) => Directory.GetDirectories($"/proc/{process}/task").Any(task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "wchan")).Contains("pipe_write", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Without a connection, which would be counted.</summary>
    private static bool IsListenedOn(int port)
    {
        var ss = Programs.Find("ss", "/usr/bin/ss", "/bin/ss", "/usr/sbin/ss", "/sbin/ss");
        return Programs.Run(ss, ["-Htln", $"sport = :{port}"]).Expect(0).Output.Length > 0;
    }

    private static Socket Connected(int port, string address = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        socket.Connect(IPAddress.Parse(address), port);
        return socket;
    }

    private static string Talk(int port, string words, string address = "127.0.0.1")
    {
        using var client = Connected(port, address);
        client.Send(Encoding.ASCII.GetBytes(words));
        client.Shutdown(SocketShutdown.Send);
        return ReadToEnd(client);
    }

    private static string Get(int port, string path)
    {
        using var client = Connected(port);
        client.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return ReadToEnd(client);
    }

    private static string ReadToEnd(Socket client)
    {
        using var all = new MemoryStream();
        var buffer = new byte[8192];
        while (client.Receive(buffer) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return Encoding.ASCII.GetString(all.ToArray());
    }

    private static async Task Serve(Socket client, int port, int number)
    {
        await client.ConnectAsync(IPAddress.Loopback, port);
        var sent = BitConverter.GetBytes(number);
        await client.SendAsync(sent);
        client.Shutdown(SocketShutdown.Send);
        var seen = new byte[8];
        var length = 0;
        while (await client.ReceiveAsync(seen.AsMemory(length)) is var count and > 0)
        {
            length += count;
        }

        Assert.Equal(sent, seen[..length]);
    }
}
