using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Forwarding;

/// <summary><c>portolan forward --kernel</c> as people run it, end it and kill it.</summary>
public sealed class KernelForwardProgramTests : IDisposable
{
    private const int Kills = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Program = BuiltProgram.Path;

    private readonly ForwardLab _lab = ForwardLab.Create();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }

        _lab.Dispose();
    }

    [Fact]
    public void It_leads_on_shows_what_it_did_and_leaves_nothing()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var before = _lab.Settings();
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        Assert.Equal("forwarding *:8080/tcp to 198.18.0.2:80 in the kernel, IPv4 only", forward.NextLine());
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        var (output, error, exit) = End(forward, "INT");
        Assert.Equal(130, exit);
        Assert.Contains("portolan: net.ipv4.conf.front0.forwarding is 1 until the end (it was 0)", error, StringComparison.Ordinal);
        Assert.Matches(@"^LISTEN .*\n\*:8080/tcp +198\.18\.0\.2:80 +[01] +1 +[1-9]", output);
        Assert.Equal(before, _lab.Settings());
        Assert.Equal("", _lab.Rules());
    }

    [Fact]
    public void Its_events_follow_the_schema_and_a_dry_run_changes_nothing()
    {
        var schema = JsonSchema.Load("portolan.forward/1");
        var before = _lab.Settings();
        Assert.Contains(
            "meta nfproto ipv4 limit rate over 20/second burst 2 packets counter drop",
            Execute("forward", "--kernel", "8080", "198.18.0.2:80", "--new-rate", "20", "--dry-run").Output, StringComparison.Ordinal);
        var (plan, planError, planExit) =
            Execute("forward", "--kernel", "8080", "198.18.0.2:80", "--new-rate", "20", "53/udp", "198.18.0.2:53", "--dry-run", "--json");
        Assert.Equal((0, ""), (planExit, planError));
        using var planned = Valid(schema, plan);
        Assert.Equal(3, planned.RootElement.GetProperty("kernel").GetProperty("settings").GetArrayLength());
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
        using (var other = new LabHost())
        {
            other.Nft(planned.RootElement.GetProperty("kernel").GetProperty("rules").GetString()!);
        }

        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80", "--keep-source", "--json", "--every", "100ms");
        using var start = Valid(schema, forward.NextLine()!);
        Assert.True(start.RootElement.GetProperty("forwards")[0].GetProperty("keepSource").GetBoolean());
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "198.18.0.1:8080"));
        var (output, _, exit) = End(forward, "TERM");
        Assert.Equal(143, exit);
        var events = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Valid(schema, l).RootElement).ToList();
        Assert.Equal("end", events[^1].GetProperty("event").GetString());
        Assert.Equal(1, events[^1].GetProperty("forwards")[0].GetProperty("connections").GetInt32());
    }

    [Fact]
    public void Killed_at_any_moment_it_leaves_no_rule_and_after_the_next_run_no_setting()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var before = _lab.Settings();
        var random = new Random(8);
        var left = 0;
        var begins = TimeSpan.Zero;
        for (var kill = 0; kill < Kills; kill++)
        {
            var forward =
                Start("forward", "--kernel", "8080", "198.18.0.2:80,[2001:db8:2::2]:80", "8443", "198.18.0.3:443", "--drain", "0s");
            if (kill % 3 == 0)
            {
                // While it ends.
                var began = Stopwatch.GetTimestamp();
                forward.NextLine();
                begins = Stopwatch.GetElapsedTime(began);
                Signal(forward, "TERM");
                Thread.Sleep(random.Next(60));
            }
            else if (kill % 3 == 1)
            {
                // While it begins: the settings change first.
                SpinWait.SpinUntil(() => _lab.Setting("net/ipv4/conf/front0/forwarding") == "1" || forward.HasExited, Patience);
                Thread.Sleep(random.Next(20));
            }
            else
            {
                // At any moment until it has been there as long as it took to begin.
                Thread.Sleep(random.NextDouble() * 2 * begins);
            }

            forward.Kill();
            forward.End();
            Assert.DoesNotContain("dnat ip", _lab.Rules(), StringComparison.Ordinal);
            left += _lab.Settings() == before ? 0 : 1;
            string[] next = (kill % 4) switch
            {
                0 => ["forward", "--restore"],
                1 => ["forward", "--kernel", "8080", "198.18.0.2:80", "--drain", "0s"],
                2 => ["forward", "127.0.0.1:8080", "198.18.0.2:80"],
                _ => ["forward", "--kernel", "127.0.0.1:0", "127.0.0.1:1"],
            };
            if (next[1] == "--restore")
            {
                Assert.Equal(0, Execute(next).ExitCode);
            }
            else
            {
                var again = Start(next);
                Assert.StartsWith("forwarding", again.NextLine(), StringComparison.Ordinal);
                End(again, "TERM");
            }

            Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
        }

        Assert.True(left > 0, "no kill hit while settings were changed");
    }

    [Fact]
    public void Connections_go_on_for_the_time_to_drain_and_are_then_reset()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80", "--drain", "1500ms");
        forward.NextLine();
        using var client = Connect("192.0.2.1:8080");
        Assert.Equal("target saw 198.18.0.1", Text(client));
        Signal(forward, "TERM");
        Assert.True(
            SpinWait.SpinUntil(() => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080") == "ConnectionRefused", Patience),
            "new connections were still forwarded");
        client.Send("still here"u8);
        Assert.Equal("still here", Text(client));
        var (_, error, exit) = End(forward, null);
        Assert.Equal(143, exit);
        Assert.Contains("1 connection was still open and reset", error, StringComparison.Ordinal);
        var reset = Assert.Throws<SocketException>(() =>
        {
            client.Send("too late"u8);
            client.Receive(new byte[16]);
            client.Receive(new byte[16]);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public void A_second_signal_ends_the_wait_and_everything_is_as_before()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var before = _lab.Settings();
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80", "--drain", "10m");
        forward.NextLine();
        using var client = Connect("192.0.2.1:8080");
        Assert.Equal("target saw 198.18.0.1", Text(client));
        Signal(forward, "TERM");
        Assert.True(
            SpinWait.SpinUntil(() => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080") == "ConnectionRefused", Patience),
            "new connections were still forwarded");
        Assert.False(forward.HasExited, "it did not wait");
        var (_, error, exit) = End(forward, "INT");
        Assert.Equal(143, exit);
        Assert.Contains("1 connection was still open and reset", error, StringComparison.Ordinal);
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
    }

    [Fact]
    public void A_target_whose_check_fails_gets_no_connections_until_it_passes()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "a");
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80,198.18.0.3:80", "--check", "tcp", "--check-every", "200ms");
        Assert.True(
            SpinWait.SpinUntil(
                () => Enumerable.Range(0, 4).All(_ => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080") == "a saw 198.18.0.1"), Patience),
                "the target that is down was never left out");
        _lab.Serve(_lab.Target, "198.18.0.3:80", "b");
        Assert.True(
            SpinWait.SpinUntil(() => ForwardLab.Ask(_lab.Client, "192.0.2.1:8080") == "b saw 198.18.0.1", Patience),
            "the target that is up again was never used");
        var (_, error, _) = End(forward, "TERM");
        Assert.Contains("portolan: 198.18.0.3:80 is down: its check fails", error, StringComparison.Ordinal);
        Assert.Contains("portolan: 198.18.0.3:80 is up: its check passes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_taken_is_answered_as_who_does_also_when_another_forward_has_it()
    {
        var before = _lab.Settings();
        var first = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        first.NextLine();
        var (output, error, exit) = Execute("forward", "--kernel", "8080", "198.18.0.2:81");
        Assert.Equal((3, ""), (exit, output));
        Assert.Contains("cannot listen on *:8080/tcp: the port is in use", error, StringComparison.Ordinal);
        Assert.Contains($"{first.Id}", error, StringComparison.Ordinal);
        (_, error, exit) = Execute("forward", "8080", "198.18.0.2:81");
        Assert.Equal(3, exit);
        End(first, "TERM");
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
    }

    [Fact]
    public void A_port_whose_last_server_left_connections_in_TIME_WAIT_is_free()
    {
        _lab.Gateway.Run(() =>
        {
            using var listener = Machine.Listen("0.0.0.0:8080");
            Machine.LeaveTimeWait(listener);
        });
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        Assert.StartsWith("forwarding *:8080/tcp", forward.NextLine(), StringComparison.Ordinal);
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Gateway, "[::1]:8080"));
        End(forward, "TERM");
    }

    [Fact]
    public void What_cannot_be_changed_back_stays_noted_and_the_doctor_names_it()
    {
        var before = _lab.Settings();
        var killed = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        killed.NextLine();
        killed.Kill();
        killed.End();

        var (output, error, exit) = _lab.Gateway.Execute(
            Tool.Find("unshare"), "",
            ["-m", "/bin/sh", "-c", $"mount -o bind,ro /proc/sys /proc/sys && exec '{Program}' forward --restore"]);
        Assert.Equal((3, ""), (exit, output));
        Assert.Contains("cannot set net.ipv4.conf.back0.forwarding to 0: Read-only file system", error, StringComparison.Ordinal);
        Assert.Contains("its restore is still due: run portolan forward --restore where "
            + "/proc/sys may be written", error, StringComparison.Ordinal);
        (output, _, exit) = Execute("doctor");
        Assert.Equal(0, exit);
        Assert.Matches("(?s)limited +forward +a killed forward has left kernel settings changed: "
            + ".*net.ipv4.conf.front0.forwarding=1.*sudo portolan forward --restore", output);
        (_, error, exit) = Execute("forward", "--restore");
        Assert.Equal(0, exit);
        Assert.Contains("net.ipv4.conf.front0.forwarding=0", error, StringComparison.Ordinal);
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
        Assert.DoesNotContain("killed", Execute("doctor").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "was written before this host started \\(boot 00000000-0000-4000-8000-000000000000; this is [0-9a-f-]{36}\\)")]
    [InlineData(true, "was written in another network namespace \\(net:\\[1\\]; this is net:\\[[0-9]+\\]\\)")]
    public void A_table_that_came_with_saved_rules_is_named_and_removed_and_not_obeyed(bool isOfAnotherSpace, string why)
    {
        var killed = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        killed.NextLine();
        killed.Kill();
        killed.End();
        var saved = _lab.Rules();
        Assert.Equal(0, Execute("forward", "--restore").ExitCode);
        var old = System.Text.RegularExpressions.Regex.Replace(
            saved, isOfAnotherSpace ? @"net:\[[0-9]+\]" : "boot [0-9a-f-]{36}",
            isOfAnotherSpace ? "net:[1]" : "boot 00000000-0000-4000-8000-000000000000");
        Assert.NotEqual(saved, old);

        // Somebody turned forwarding on for himself since.
        _lab.Gateway.Setting("net/ipv4/conf/front0/forwarding", "1");
        var before = _lab.Settings();
        _lab.Gateway.Nft(old);
        var (output, error, exit) = Execute("doctor");
        Assert.Equal(0, exit);
        Assert.Matches($"(?s)limited +forward +the table inet portolan_forward_settings {why}: it came from saved rules and is "
            + $"ignored.*sudo portolan forward --restore", output);
        (output, error, exit) = Execute("forward", "--restore");
        Assert.Equal((0, ""), (exit, output));
        Assert.Matches($"^portolan: the table inet portolan_forward_settings {why}: it came from saved rules and was not applied. It is "
            + $"removed now; remove it from the saved rules too\n$", error);
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
        Assert.Contains("nothing to restore", Execute("forward", "--restore").Error, StringComparison.Ordinal);

        // The next forward does not obey it either, and its own notes take its place.
        _lab.Gateway.Nft(old);
        var next = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        Assert.StartsWith("forwarding", next.NextLine(), StringComparison.Ordinal);
        Assert.DoesNotContain(isOfAnotherSpace ? "net:[1]" : "00000000-0000", _lab.Rules(), StringComparison.Ordinal);
        (_, error, _) = End(next, "TERM");
        Assert.Matches(why, error);
        Assert.Equal((before, ""), (_lab.Settings(), _lab.Rules()));
    }

    [Theory]
    [InlineData(
        new[] { "8080", "192.0.2.1:8081", "8081", "198.18.0.2:80" },
        "*:8081/tcp listens on 192.0.2.1:8081, and the kernel forwards a packet only once", "198.18.0.2:80")]
    [InlineData(new[] { "53/udp", "224.0.0.251:5353" }, "224.0.0.251 is a multicast or broadcast address", "of one host")]
    [InlineData(new[] { "8080", "255.255.255.255:80" }, "255.255.255.255 is a multicast or broadcast address", "of one host")]
    public void Targets_to_which_the_kernel_leads_nobody_are_refused_with_what_to_write(string[] words, string why, string hint)
    {
        var (output, error, exit) = Execute(["forward", "--kernel", .. words]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Matches("hint: (use|give) .*" + hint, error);
        Assert.Equal("", _lab.Rules());
    }

    [Theory]
    [InlineData(new[] { "8080", "unix:/run/x" }, "Unix sockets")]
    [InlineData(new[] { "8080", "198.18.0.2:80", "--proxy-out", "v2" }, "--proxy-out needs the relay")]
    [InlineData(
        new[] { "8080", "198.18.0.2:80", "--limit", "5" },
        "--limit needs the relay: the kernel would count dead connections")]
    [InlineData(
        new[] { "8080", "198.18.0.2:80", "--rate", "5M" }, "--rate needs the relay: the kernel can drop packets, but "
            + "does not slow the sender")]
    [InlineData(
        new[] { "8080", "198.18.0.2:80", "--idle", "5m" },
        "--idle needs the relay: the kernel expires silent connections by host-wide timeouts")]
    [InlineData(new[] { "192.0.2.1:8080", "[2001:db8:2::2]:80" }, "does not translate between IPv4 and IPv6")]
    public void What_the_kernel_cannot_do_is_said_before_anything_is_done(string[] words, string why)
    {
        var (output, error, exit) = Execute(["forward", "--kernel", .. words]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Contains("hint: leave out --kernel", error, StringComparison.Ordinal);
        Assert.Equal("", _lab.Rules());
    }

    [Fact]
    public void An_ordinary_user_is_told_what_it_takes_and_may_look_at_the_plan()
    {
        string[] user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program];
        var (output, error, exit) =
            _lab.Gateway.Execute(Tool.Find("setpriv"), "", [.. user, "forward", "--kernel", "8080", "198.18.0.2:80"]);
        Assert.Equal((4, ""), (exit, output));
        Assert.Contains("requires CAP_NET_ADMIN", error, StringComparison.Ordinal);
        Assert.Matches("hint: run it with sudo(, or grant .*)?; or leave out --kernel", error);
        (output, error,
            exit) = _lab.Gateway.Execute(Tool.Find("setpriv"), "", [.. user, "forward", "--kernel", "8080", "198.18.0.2:80", "--dry-run"]);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("would set net.ipv4.conf.front0.forwarding to 1 until the end (it is 0)", output, StringComparison.Ordinal);
        Assert.Contains("dnat ip to 198.18.0.2:80", output, StringComparison.Ordinal);
        (_, error, exit) = _lab.Gateway.Execute(Tool.Find("setpriv"), "", [.. user, "forward", "--restore"]);
        Assert.Equal(4, exit);
        Assert.Contains("hint: run it with sudo", error, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_namespace_of_his_own_an_ordinary_user_may_do_it()
    {
        var script = $$"""
            ip link set lo up
            "{{Program}}" forward --kernel 8080 127.0.0.1:80 & forward=$!
            perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:80", Listen => 5) or die; alarm 30; $c = $l->accept; print $c "served\n"' & server=$!
            perl -MIO::Socket::INET -e 'for (1..200) { if ($s = IO::Socket::INET->new("127.0.0.1:8080")) { print <$s>; exit } select(undef,undef,undef,0.05) }'
            kill -TERM $forward; wait $forward; echo "ended with $?"; kill $server 2>/dev/null
            nft list ruleset
            """;
        var (output, error, _) = _lab.Gateway.Execute(
            Tool.Find("setpriv"), "",
            ["--reuid", "65534", "--regid", "65534", "--clear-groups", Tool.Find("unshare"), "-rn", "/bin/sh", "-c", script]);
        Assert.SkipWhen(error.Contains("unshare: ", StringComparison.Ordinal), "this kernel lets no ordinary user make a namespace");
        Assert.True(output.Contains("served", StringComparison.Ordinal), output + error);
        Assert.EndsWith("ended with 143\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_and_who_know_both_kinds()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var kernel = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        var relay = Start("forward", "8081", "198.18.0.2:80");
        kernel.NextLine();
        relay.NextLine();
        var (text, error, exit) = Execute("explain", "8080", "--from", "192.0.2.2");
        Assert.StartsWith(
            "DEPENDS ON the listener at 198.18.0.2:80 – 192.0.2.2 gets through up to 198.18.0.2:80", text,
            StringComparison.Ordinal);
        Assert.Contains("redirected to 198.18.0.2:80 by inet portolan_forward forward_1", text, StringComparison.Ordinal);
        Assert.Contains("for as long as its portolan forward runs", text, StringComparison.Ordinal);
        (text, error, exit) = Execute("explain", "8081", "--from", "192.0.2.2");
        Assert.True(exit == 0, text + error);
        Assert.Contains("it forwards connections to 198.18.0.2:80, from an address of this host", text, StringComparison.Ordinal);
        Assert.Contains($"portolan {kernel.Id}", Execute("who", "8080").Output, StringComparison.Ordinal);
        End(kernel, "TERM");
        End(relay, "TERM");
    }

    [Fact]
    public void Rules_of_others_that_drop_what_is_led_on_are_named()
    {
        _lab.Gateway.Nft(
            "table inet fw { chain pass { type filter hook forward priority 0; policy drop; ct state established,related accept; }; }");
        var forward = Start("forward", "--kernel", "8080", "198.18.0.2:80");
        forward.NextLine();
        Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        var (_, error, _) = End(forward, "TERM");
        Assert.Contains("inet fw pass policy drop", error, StringComparison.Ordinal);
        Assert.Contains("portolan explain 8080/tcp", error, StringComparison.Ordinal);
    }

    private Process Start(params string[] words)
    {
        var process = _lab.Gateway.Start(Program, words);
        _started.Add(process);
        return process;
    }

    private (string Output, string Error, int ExitCode) Execute(params string[] words) => _lab.Gateway.Execute(Program, "", words);

    private static void Signal(Process process, string name) =>
        Tool.Feed("kill", "", "-s", name, process.Id.ToString(CultureInfo.InvariantCulture));

    private static (string Output, string Error, int ExitCode) End(Process process, string? signal)
    {
        if (signal is not null)
        {
            Signal(process, signal);
        }

        return process.Finish();
    }

    private static JsonDocument Valid(JsonSchema schema, string line)
    {
        var document = JsonDocument.Parse(line);
        Assert.Empty(schema.Validate(document.RootElement));
        return document;
    }

    private Socket Connect(string address) => _lab.Client.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds;
        socket.Connect(IPEndPoint.Parse(address));
        return socket;
    });

    private static string Text(Socket socket)
    {
        var buffer = new byte[256];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
