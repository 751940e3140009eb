using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Processes;
using Portolan.Model;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Stopping;

public sealed class StopKernelTests
{
    [Fact]
    public void A_server_ends_when_asked_and_its_port_is_free() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram("my $s = listener(7200); print \"1\\n\";");

        Assert.Equal(StopResult.Stopped, Stop(machine, 7200));

        Assert.False(machine.Who(7200).IsHeld);
    });

    [Fact]
    public void A_server_that_ignores_the_request_is_killed() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram("$SIG{TERM} = 'IGNORE'; my $s = listener(7201); print \"1\\n\";");

        Assert.Equal(StopResult.Killed, Stop(machine, 7201, TimeSpan.FromMilliseconds(200)));

        Assert.False(machine.Who(7201).IsHeld);
    });

    [Fact]
    public void A_whole_family_that_shares_the_port_ends() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram(
            "my $s = listener(7202); for (1..3) { child(sub { $SIG{TERM} = 'IGNORE'; syscall(SYS_prctl(), 1, 0, 0, 0, "
                + "0); '' }) } print \"1\\n\";");
        Assert.Equal(4, machine.Who(7202).Holders[0].Owner.Processes.Count);

        Assert.Equal(StopResult.Killed, Stop(machine, 7202, TimeSpan.FromMilliseconds(200)));

        Assert.False(machine.Who(7202).IsHeld);
    });

    [Fact]
    public void A_server_that_leaves_its_socket_to_a_child_is_not_said_to_be_started_again() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram(
            "my $s = listener(7203); my $stop = 0; $SIG{TERM} = sub { $stop = 1 }; print \"1\\n\"; sleep 600 until $stop; exit 0 if fork; "
                + "$SIG{TERM} = 'DEFAULT'; sleep 60; close $s; exit 0;");
        var before = machine.Who(7203).Holders;

        Assert.Equal(StopResult.Stopped, Stop(machine, 7203));

        var after = machine.Who(7203);
        var child = Assert.Single(after.Holders).Owner.Main!.Pid;
        using var left = System.Diagnostics.Process.GetProcessById(child);
        left.Kill();
        var said = Assert.Single(StopAftermath.Of(before, after, forwards: null, answering: []).Remaining);
        Assert.StartsWith($"perl ({child}) holds 7203/tcp now: a child of ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("started", said, StringComparison.Ordinal);
    });

    [Fact]
    public void A_process_that_started_at_another_time_is_another_process() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram("print \"1\\n\";");
        var actions = Actions(machine);
        var process = machine.Processes.Read(program.Pid, default)!;

        using (var same = actions.Open(process))
        {
            Assert.NotNull(same);
        }

        Assert.Null(actions.Open(process with { StartTicks = process.StartTicks + 1 }));
        Assert.Null(actions.Open(process with { Pid = 0x3ffffff }));
    });

    [Fact]
    public void This_process_is_refused() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("127.0.0.1:7203");

        var plan = StopPlanner.Plan(machine.Who(7203).Holders, StopSituation.Read(machine.Processes, force: false, static _ => null));

        Assert.Empty(plan.Steps);
        Assert.Contains(Assert.Single(plan.Refusals).Code, new[] { "self", "own-unit" });
    });

    [Fact]
    public void Without_the_right_to_signal_the_remedy_is_privilege() => Netns.Run(() =>
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs a process of another user: run as root");
        using var machine = new Machine();
        using var program = new PerlProgram("$> = 65534; $< = 65534; my $s = listener(7204); print \"1\\n\";");
        using var handle = ProcessHandle.Open(program.Pid)!;
        var errno = 0;
        var ordinary = new TestThread("an ordinary user", () =>
        {
            ThreadPrivileges.Drop();
            errno = handle.Signal(15);
        });
        ordinary.Join();

        Assert.Equal(Errno.NotPermitted, errno);
        Assert.False(handle.WaitForExit(TimeSpan.Zero, TestContext.Current.CancellationToken));
    });

    [Fact]
    public void What_systemctl_says_is_the_failure()
    {
        Assert.SkipWhen(KernelStopActions.Systemctl is null, "systemctl is not installed: apt-get install systemd");
        using var machine = new Machine();

        var failure = Actions(machine).StopUnits(["portolan-test-no-such-unit.service"], null, TestContext.Current.CancellationToken);

        Assert.NotNull(failure);
        Assert.StartsWith("systemctl stop: ", failure.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Text);
    }

    [Fact]
    public void A_program_is_run_with_its_arguments_as_they_are_and_never_through_a_shell()
    {
        var echo = Tool.Find("printf");

        var result = ProgramRunner.Run(
            echo, ["%s|", "a b", "$HOME", "`id`", "--"], TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal((0, "a b|$HOME|`id`|--|"), (result.ExitCode, result.Output));
        Assert.Throws<ArgumentException>(() => ProgramRunner.Run("printf", [], TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Throws<PortolanException>(
            () => ProgramRunner.Run("/nonexistent/program", [], TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Throws<PortolanException>(
            () => ProgramRunner.Run(Tool.Find("sleep"), ["60"], TimeSpan.FromMilliseconds(100), CancellationToken.None));
    }

    private static StopResult Stop(Machine machine, ushort port, TimeSpan? timeout = null)
    {
        var plan = StopPlanner.Plan(machine.Who(port).Holders, StopSituation.Read(machine.Processes, force: false, static _ => null));
        var step = Assert.IsType<StopProcesses>(Assert.Single(plan.Steps));
        var outcome = new StopExecutor(Actions(machine), StopSignal.Term, timeout ?? TimeSpan.FromSeconds(5)).Run(
            step, TestContext.Current.CancellationToken);
        Assert.Null(outcome.Failure);
        return outcome.Result;
    }

    private static KernelStopActions Actions(Machine machine) =>
        new(machine.Processes, new EngineClient(_ => [], TimeProvider.System, mayRunPodman: false));
}
