using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>Who is at the machine itself, and who may only look like it.</summary>
public sealed class ConsoleTests
{
    private const string Confirm = "script -qec \"$P firewall confirm --no-save\" /dev/null";

    [Fact]
    public void A_terminal_that_nobody_can_have_reached_from_another_machine_confirms()
    {
        using var lab = new RuleLab();
        Tool.Find("script");
        var result = PrivateMachine.Run(lab.Server, $"$P block 8001/tcp >/run/out 2>&1; {Confirm}").Expect(0);
        Assert.Contains("change 1: confirmed", result.Output, StringComparison.Ordinal);

        // sudo gives a terminal of its own; a shell below it is still where it was.
        PrivateMachine.Run(
            lab.Server, "script -qec \"sudo -n $P block 8002/tcp && sh -c 'sudo -n $P firewall confirm --no-save'\" /dev/null").Expect(0);
    }

    [Theory]
    [InlineData("$P firewall confirm", "there is no terminal")]
    [InlineData(
        "env SSH_CONNECTION=x sh -c 'env -u SSH_CONNECTION script -qec \"$P firewall confirm\" /dev/null; exit $?'",
        "as in tmux, screen or a terminal window")]
    [InlineData(
        "setsid --fork env -u SSH_CONNECTION SSH_TTY=/dev/pts/1 script -qec \"$P firewall confirm\" /run/log; "
        + "for try in $(seq 600); do grep -q tmux /run/log && break; sleep 0.1; done; cat /run/log; exit 3",
        "as in tmux, screen or a terminal window")]
    public void A_job_and_what_ssh_started_do_not(string line, string why)
    {
        using var lab = new RuleLab();
        Tool.Find("script");
        var refused = PrivateMachine.Run(lab.Server, $"export P; $P block 8001/tcp >/run/out 2>&1; {line}").Expect(3);
        Assert.Contains(why, refused.Output + refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_does_not_while_somebody_has_come_in_from_another_machine()
    {
        using var lab = new RuleLab();
        Tool.Find("script");
        using var shells = new ShellServer(lab.Server);
        using var session = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Assert.Equal(0, session.Run("true").ExitCode);
        var refused = PrivateMachine.Run(lab.Server, $"$P block 8001/tcp >/run/out 2>&1; {Confirm}").Expect(3);
        Assert.Contains("no parent process holds a connection", refused.Output, StringComparison.Ordinal);
    }
}
