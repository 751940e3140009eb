using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Privilege;

/// <summary>
/// What each capability is for works when the program's file grants it as permitted (<c>=p</c>), as well as in effect (<c>=ep</c>).
/// </summary>
public sealed class GrantedAbilityTests(GrantedProgram program) : IClassFixture<GrantedProgram>
{
    [Theory]
    [InlineData("cap_bpf,cap_perfmon=p", "bpf")]
    [InlineData("cap_bpf,cap_perfmon=ep", "bpf")]
    [InlineData("cap_dac_read_search,cap_sys_ptrace=p", "proc")]
    [InlineData("cap_dac_read_search,cap_sys_ptrace=ep", "proc")]
    public void Owners_of_other_users_sockets_are_found(string capabilities, string method)
    {
        // This test's process is root's and has every capability, so only who has as many may look into it by /proc: a holder with none
        // stands in.
        using var holder = Programs.Start("/usr/bin/setpriv", ["--bounding-set", "-all", "--inh-caps", "-all", "--", "/usr/bin/perl", "-e",
            "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die; $| = 1; print "
                + "$s->sockport, \"\\n\"; sleep 600"]);
        var filter = $"sport = :{holder.NextLine()}";
        var found = program.Run(capabilities, "list", "-tlnp", "--owners", method, filter).Expect(0);
        Assert.Contains("perl", found.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("perl", PortolanProgram.RunAsNobody("list", "-tlnp", filter).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cap_net_raw=p")]
    [InlineData("cap_net_raw=ep")]
    public void Raw_packets_are_sent_and_received(string capabilities)
    {
        using var pair = LabPair.Create();
        var words = program.CommandLine(capabilities, "scan", "-sS", "-Pn", "-n", "-p", "81", "198.18.0.2");
        var result = pair.Scanner.Run(() => Programs.Run(words[0], words[1..])).Expect(0);
        Assert.Contains("closed", result.Output + result.Error, StringComparison.Ordinal);
        var refused = pair.Scanner.Run(
            () => Programs.Run(PortolanProgram.AsNobody([])[0], [.. PortolanProgram.AsNobody(["scan", "-sS", "198.18.0.2"])[1..]])).Expect(
                4);
        Assert.Matches(
            "hint: run it with sudo, or grant the program the capability: sudo setcap cap_net_raw=p /.*/portolan; or use -sT",
            refused.Error);
    }

    [Theory]
    [InlineData("cap_net_admin=p")]
    [InlineData("cap_net_admin=ep")]
    public void Rules_are_read_and_changed(string capabilities) => Netns.Run(() =>
    {
        Run(capabilities, "allow", "8080", "--yes").Expect(0);
        Assert.Contains("8080", Run(capabilities, "firewall", "show").Expect(0).Output, StringComparison.Ordinal);
        Run(capabilities, "firewall", "undo").Expect(0);
    });

    [Theory]
    [InlineData("cap_net_raw,cap_net_admin=p")]
    [InlineData("cap_net_raw,cap_net_admin=ep")]
    public void A_stack_of_the_programs_own_makes_handshakes(string capabilities)
    {
        using var pair = LabPair.Create();
        using var listener = pair.Target.Run(static () =>
        {
            var socket = new TcpListener(IPAddress.Any, 80);
            socket.Start();
            return socket;
        });

        var result = RunIn(pair.Scanner, capabilities, "scan", "-sS", "--own-stack", "-Pn", "-n", "-p", "80,81", "198.18.0.2").Expect(0);

        Assert.Matches("80/tcp +open +http +handshake", result.Output + result.Error);
        var refused = RunIn(pair.Scanner, "cap_net_raw=p", "scan", "-sS", "--own-stack", "-Pn", "-n", "-p", "80", "198.18.0.2").Expect(4);
        Assert.Contains("requires CAP_NET_ADMIN", refused.Error, StringComparison.Ordinal);
        Assert.Contains("sudo setcap cap_net_admin,cap_net_raw=p /", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cap_net_admin=p")]
    [InlineData("cap_net_admin=ep")]
    public void The_kernel_is_made_to_forward_and_its_settings_are_restored(string capabilities)
    {
        using var pair = LabPair.Create();
        string Setting() => pair.Scanner.Run(static () => File.ReadAllText("/proc/sys/net/ipv4/conf/scan0/forwarding").Trim());
        var words = program.CommandLine(capabilities, "forward", "--kernel", "8080", "198.18.0.2:80");

        using (var running = pair.Scanner.Run(() => Programs.Start(words[0], words[1..])))
        {
            Assert.StartsWith("forwarding *:8080/tcp to 198.18.0.2:80 in the kernel", running.NextLine(), StringComparison.Ordinal);
            Assert.Equal("1", Setting());
            running.Signal("INT");
            running.Finish();
        }

        Assert.Equal("0", Setting());
        var refused = RunIn(pair.Scanner, "cap_chown=p", "forward", "--kernel", "8080", "198.18.0.2:80").Expect(4);
        Assert.Contains(
            "requires CAP_NET_ADMIN\nhint: run it with sudo, or grant the program the capability: sudo setcap "
                + "cap_chown,cap_net_admin=p /", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_iptables_legacy_are_named_by_who_may_read_their_names()
    {
        using var pair = LabPair.Create();
        Assert.DoesNotContain(
            "not known", RunIn(pair.Scanner, "cap_net_admin,cap_dac_read_search=p", "firewall", "show").Expect(0).Error,
            StringComparison.Ordinal);

        // Where the kernel has no such tables there is no file of their names.
        var less = RunIn(pair.Scanner, "cap_net_admin=p", "firewall", "show").Error;
        Assert.True(less.Length == 0 || less.Contains("requires CAP_DAC_READ_SEARCH", StringComparison.Ordinal), less);
    }

    [Fact]
    public void What_doctor_advises_is_enough()
    {
        var advised =
            Regex.Match(program.Run("cap_chown=p", "doctor").Output, "limited +owners .*\n +sudo setcap ([a-z_,]+=p) /").Groups[1].Value;

        var after = program.Run(advised, "doctor").Output;

        Assert.Matches("(?m)^ok +owners ", after);
        Assert.DoesNotContain("setcap", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cap_net_bind_service=p")]
    [InlineData("cap_net_bind_service=ep")]
    public void Ports_below_1024_are_bound(string capabilities) => Netns.Run(() =>
    {
        var words = program.CommandLine(capabilities, "forward", "127.0.0.1:81", "127.0.0.1:9", "--metrics", "127.0.0.1:82");
        using var running = Programs.Start(words[0], words[1..]);
        Assert.StartsWith("forwarding", running.NextLine(), StringComparison.Ordinal);
        using var client = new TcpClient("127.0.0.1", 82);
        Assert.True(client.Connected);
        running.Signal("INT");
        running.Finish();
        Assert.Contains("a bind works", Run(capabilities, "who", "81").Output, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("cap_sys_admin,cap_sys_ptrace,cap_dac_read_search=p")]
    [InlineData("cap_sys_admin,cap_sys_ptrace,cap_dac_read_search=ep")]
    public void Other_network_namespaces_are_entered(string capabilities)
    {
        using var host = LabPair.Create();
        using var listener = host.Target.Run(() =>
        {
            var socket = new TcpListener(IPAddress.Any, 8181);
            socket.Start();
            return socket;
        });
        Assert.Contains(":8181", program.Run(capabilities, "list", "-tln", "--all-namespaces").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cap_kill,cap_sys_ptrace,cap_dac_read_search=p")]
    [InlineData("cap_kill,cap_sys_ptrace,cap_dac_read_search=ep")]
    public void Processes_of_other_users_are_stopped(string capabilities) => Netns.Run(() =>
    {
        using var holder = Programs.Start("/usr/bin/setpriv", ["--bounding-set", "-all", "--inh-caps", "-all", "--", "/usr/bin/perl", "-e",
            "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die; $| = 1; print "
                + "$s->sockport, \"\\n\"; sleep 600"]);
        var port = holder.NextLine()!;
        Run(capabilities, "stop", port, "--yes").Expect(0);
        Assert.Equal(143, holder.Finish().ExitCode);
    });

    [Fact]
    public void The_advice_keeps_what_the_file_grants_and_puts_nothing_into_effect()
    {
        var copy = program.With("cap_net_bind_service,cap_chown=ep");
        var advice = program.Run("cap_net_bind_service,cap_chown=ep", "doctor").Output;
        Assert.Contains(
            "sudo setcap cap_bpf,cap_chown,cap_dac_read_search,cap_net_admin,cap_net_bind_service,cap_net_raw,cap_perfmon,"
                + $"cap_sys_ptrace=p {copy}\n",
            advice, StringComparison.Ordinal);
        Assert.Contains(
            $"sudo setcap cap_chown,cap_net_bind_service,cap_net_raw=p {copy};",
            program.Run("cap_net_bind_service,cap_chown=ep", "scan", "-sS", "127.0.0.1").Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_advised_command_gives_what_doctor_said_is_missing() => Netns.Run(() =>
    {
        var copy = program.With("cap_chown=p");
        var before = Findings("cap_chown=p");
        Assert.All(
            Network,
            topic => Assert.Contains("CAP_NET_", before[topic].GetProperty("detail").GetString(), StringComparison.Ordinal));
        Assert.Contains("rules-", program.Run("cap_chown=p", "--json").Output, StringComparison.Ordinal);
        var advice = Assert.Single(Network.Select(topic => before[topic].GetProperty("remedy").GetString()).Distinct())!.Split(' ');
        Assert.Equal(("sudo", "setcap", copy), (advice[0], advice[1], advice[^1]));

        // The same words on a copy: what doctor says of it, and its chart.
        var granted = advice[2];
        Assert.All(Network, topic => Assert.Equal("ok", Findings(granted)[topic].GetProperty("state").GetString()));
        Assert.DoesNotContain("not judged", program.Run(granted).Output, StringComparison.Ordinal);
        using var chart = JsonDocument.Parse(program.Run(granted, "--json").Expect(0).Output);
        Assert.DoesNotContain(
            chart.RootElement.GetProperty("missing").EnumerateArray(),
            static fact => fact.GetProperty("code").GetString()!.StartsWith("rules-", StringComparison.Ordinal));
    });

    private static string[] Network => ["firewall", "raw-scans", "captures"];

    private Dictionary<string, JsonElement> Findings(string capabilities) =>
        JsonDocument.Parse(program.Run(capabilities, "doctor", "--json").Expect(0).Output).RootElement.GetProperty("findings")
            .EnumerateArray().ToDictionary(static f => f.GetProperty("topic").GetString()!);

    private RunResult RunIn(LabHost host, string capabilities, params string[] args) => host.Run(() => Run(capabilities, args));

    private RunResult Run(string capabilities, params string[] args)
    {
        var words = program.CommandLine(capabilities, args);
        return Programs.Run(words[0], words[1..]);
    }
}
