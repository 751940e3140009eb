using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class ProcessReaderTests : IDisposable
{
    private readonly ProcRecording _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void Everything_asked_for_is_read()
    {
        _proc.Add(
            42, "sshd", parent: 7, startTicks: 1234, cmdline: "/usr/sbin/sshd\0-D\0", exe: "/usr/sbin/sshd", user: 1000,
            cgroup: "0::/system.slice/ssh.service\n");

        var info = Read(42, ProcessFields.All);

        Assert.NotNull(info);
        Assert.Equal("sshd", info.Name);
        Assert.Equal(7, info.ParentPid);
        Assert.Equal(1234u, info.StartTicks);
        Assert.Equal(["/usr/sbin/sshd", "-D"], info.CommandLine);
        Assert.Equal(1000u, info.UserId);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_012_340), info.StartedAt);
        Assert.Equal("ssh.service", info.Unit);
        Assert.Equal("/srv/app", info.WorkingDirectory);
        Assert.Equal("/usr/sbin/sshd", info.ExecutablePath);
    }

    [Fact]
    public void What_is_not_asked_for_is_not_read()
    {
        _proc.Add(42, "sshd", cmdline: "/usr/sbin/sshd\0");

        var info = Read(42, ProcessFields.None);

        Assert.NotNull(info);
        Assert.Null(info.CommandLine);
        Assert.Null(info.UserId);
        Assert.Null(info.StartedAt);
        Assert.Null(info.WorkingDirectory);
    }

    [Theory]
    [InlineData("node", "node /srv/a.js", "/usr/bin/node", "node")]
    [InlineData(
        "NetworkManager-", "/usr/libexec/NetworkManager-dispatcher\0--x\0", "/usr/libexec/NetworkManager-dispatcher",
        "NetworkManager-dispatcher")]
    [InlineData("prometheus-node", "prometheus-node-exporter\0", "/usr/bin/prometheus-node-exporter", "prometheus-node-exporter")]
    [InlineData(
        "unattended-upgr", "/usr/bin/python3\0/usr/share/unattended-upgrades/unattended-upgrade-shutdown\0--wait\0", "/usr/bin/python3.11",
        "unattended-upgrade-shutdown")]
    [InlineData("systemd-resolve", "", "/lib/systemd/systemd-resolved (deleted)", "systemd-resolved")]
    [InlineData("", "/opt/x --y\0", "/opt/server/bin/node (deleted)", "node")]
    [InlineData("   ", "", "/usr/bin/node", "node")]
    [InlineData("nginx", "nginx: worker process\0\0\0\0", "/usr/sbin/nginx", "nginx")]
    [InlineData("sshd", "sshd: root@pts/0\0\0\0", "/usr/sbin/sshd", "sshd")]
    [InlineData("exactly-15-char", "something-else\0", "/bin/other", "exactly-15-char")]
    [InlineData("a) S 9 (b\nUid:", "x\0", "/bin/x", "a) S 9 (b\nUid:")]
    public void The_name_is_what_ss_shows_but_whole(string command, string cmdline, string exe, string expected)
    {
        _proc.Add(42, command, cmdline: cmdline, exe: exe);

        Assert.Equal(expected, Read(42, ProcessFields.None)?.Name);
    }

    [Fact]
    public void A_kernel_thread_has_no_arguments()
    {
        _proc.Add(2, "kworker/R-events_unbound_long_name", flags: 0x208040);

        var info = Read(2, ProcessFields.CommandLine);

        Assert.Equal("kworker/R-events_unbound_long_name", info?.Name);
        Assert.Empty(info!.CommandLine!);
    }

    [Fact]
    public void A_missing_process_is_null()
    {
        Assert.Null(Read(99, ProcessFields.All));
    }

    [Fact]
    public void A_malformed_stat_is_no_process()
    {
        _proc.Add(42, "x");
        File.WriteAllText(Path.Combine(_proc.Root, "42", "stat"), "42 (x S 1");

        Assert.Null(Read(42, ProcessFields.All));
    }

    [Fact]
    public void Ancestry_ends_at_process_1()
    {
        _proc.Add(1, "init", parent: 0, startTicks: 1).Add(10, "sshd", parent: 1, startTicks: 5).Add(20, "bash", parent: 10, startTicks: 9);

        Assert.Equal(["bash", "sshd", "init"], Ancestry(20));
    }

    [Fact]
    public void A_parent_younger_than_its_child_is_another_process()
    {
        _proc.Add(10, "taken-over", parent: 1, startTicks: 50).Add(20, "bash", parent: 10, startTicks: 9);

        Assert.Equal(["bash"], Ancestry(20));
    }

    [Fact]
    public void Processes_that_claim_each_other_as_parent_do_not_hang()
    {
        _proc.Add(10, "a", parent: 20).Add(20, "b", parent: 10);

        Assert.True(Ancestry(20).Length <= 128);
    }

    private ProcessInfo? Read(int pid, ProcessFields fields)
    {
        using var reader = new ProcessReader(_proc.Root);
        return reader.Read(pid, fields);
    }

    private string[] Ancestry(int pid)
    {
        using var reader = new ProcessReader(_proc.Root);
        return [.. reader.ReadAncestry(pid, ProcessFields.None).Select(p => p.Name)];
    }
}
