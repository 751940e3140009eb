using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>Changes and confirmations over a real sshd.</summary>
public sealed class SshTests
{
    [Fact]
    public void A_change_is_confirmed_over_a_new_connection_and_over_no_other()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        var same = ssh.Run("$P block 8001/tcp && $P firewall confirm").Expect(3);
        Assert.Contains("change 1 was made over this connection", same.Error, StringComparison.Ordinal);
        using (ssh.Multiplex())
        {
            ssh.RunOverTheSame("$P block 8002/tcp").Expect(0);
            var shared = ssh.RunOverTheSame("$P firewall confirm 2").Expect(3);
            Assert.Contains("a multiplexed ssh uses one connection for all its sessions", shared.Error, StringComparison.Ordinal);
            Assert.Contains(
                "ssh -o ControlMaster=no -o ControlPath=none HOST portolan firewall confirm", shared.Error, StringComparison.Ordinal);
        }

        // Without a parent that holds a connection: what a terminal multiplexer leaves behind, or a job.
        var detached = ssh.Run(
            "setsid --fork $P firewall confirm >/run/detached 2>&1; "
            + "for try in $(seq 600); do test -s /run/detached && break; sleep 0.1; done; $P firewall undo --list").Expect(0);
        Assert.Contains("pending", detached.Output, StringComparison.Ordinal);

        var confirmed = ssh.Run("$P firewall confirm").Expect(0);
        Assert.Contains("change 1: confirmed", confirmed.Output, StringComparison.Ordinal);
        Assert.Contains("change 2: confirmed", confirmed.Output, StringComparison.Ordinal);
        Assert.Contains("/etc/portolan/firewall.nft", confirmed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sudo_and_su_and_a_terminal_hide_no_connection()
    {
        using var lab = new RuleLab();
        Tool.Find("sudo");
        using var ssh = new SshServer(lab);
        ssh.Run("sudo $P block 8001/tcp && sudo $P firewall confirm", "alice").Expect(3);
        ssh.Run("sudo su -c \"$P block 8002/tcp\" && sudo su - -c \"$P firewall confirm\"", "alice").Expect(3);

        // script(1) is what sudo's use_pty, screen and tmux are while they are attached: a terminal of their own below the connection.
        ssh.Run("sudo script -qec \"$P firewall confirm\" /dev/null", "alice").Expect(0);
        ssh.Run("sudo script -qec \"$P block 8003/tcp\" /dev/null && script -qec \"sudo $P firewall confirm\" /dev/null", "alice").Expect(
            3);
        ssh.Run("$P block 8004/tcp", "alice").Expect(4);
    }

    [Fact]
    public void What_locks_the_caller_out_is_refused_over_both_families_and_forced_it_ends_by_itself_though_all_is_killed()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        var refused = ssh.Run("$P block 22/tcp").Expect(3);
        Assert.Contains(
            "from 198.18.0.1 to 198.18.0.2 port 22/tcp) would be stopped by rule #1 block 22/tcp", refused.Error, StringComparison.Ordinal);
        Assert.Contains("portolan allow 22/tcp --from 198.18.0.1", refused.Error, StringComparison.Ordinal);
        Assert.Contains(
            "from 2001:db8::1 to 2001:db8::2 port 22/tcp",
            ssh.Run("$P block 22/tcp --from 2001:db8::/32", address: "2001:db8::2").Expect(3).Error, StringComparison.Ordinal);
        ssh.Run("$P block 22/tcp --from 2001:db8::/32").Expect(0);
        ssh.Run("$P firewall undo").Expect(0);

        // The hint admits the caller and nobody else.
        ssh.Run("$P allow 22/tcp --from 198.18.0.1 && $P block 22/tcp && $P firewall undo --steps 2").Expect(0);

        // The session's sshd is killed as soon as the change is made, and the program with it.
        ssh.Run("$P block 22/tcp --force --confirm-within 4s; kill -9 $PPID; sleep 30").Expect(255);
        Assert.False(lab.LetsIn(22, 0.5));
        lab.WaitUntilLetIn(22);
        var list = ssh.Run("$P firewall undo --list").Expect(0);
        Assert.Empty(list.Output);
    }

    [Fact]
    public void The_port_that_the_caller_connected_to_is_looked_after_not_the_one_behind_it()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        lab.Server.Nft(
            "table inet theirs {\nchain prerouting {\ntype nat hook prerouting priority dstnat\ntcp dport 2022 redirect to :22\n}\n}\n");
        var refused = ssh.RunAt(2022, "$P block 2022/tcp").Expect(3);
        Assert.Contains("to 198.18.0.2 port 2022/tcp) would be stopped by rule #1", refused.Error, StringComparison.Ordinal);

        // No connection arrives on 22 itself: that one may be closed.
        ssh.RunAt(2022, "$P block 22/tcp").Expect(0);
        ssh.RunAt(2022, "$P firewall confirm").Expect(0);
    }
}
