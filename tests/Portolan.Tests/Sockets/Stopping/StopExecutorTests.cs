using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Stopping;

public sealed class StopExecutorTests
{
    [Fact]
    public void A_process_that_ends_when_asked_is_not_killed()
    {
        var machine = new FakeMachine { Obeys = { [10] = ["TERM"] } };

        Assert.Equal((StopResult.Stopped, null), Run(machine, 10));
        Assert.Equal(["TERM 10"], machine.Sent);
    }

    [Fact]
    public void A_process_that_ignores_the_request_is_killed()
    {
        var machine = new FakeMachine { Obeys = { [10] = ["KILL"] } };

        Assert.Equal((StopResult.Killed, null), Run(machine, 10));
        Assert.Equal(["TERM 10", "KILL 10"], machine.Sent);
    }

    [Fact]
    public void Children_that_end_with_their_parent_get_no_signal()
    {
        var machine = new FakeMachine { Obeys = { [10] = ["TERM"] }, DieWith = { [11] = 10, [12] = 10 } };

        Assert.Equal((StopResult.Stopped, null), Run(machine, 10, 11, 12));
        Assert.Equal(["TERM 10"], machine.Sent);
    }

    [Fact]
    public void Children_that_outlive_their_parent_are_asked_and_then_killed_themselves()
    {
        var machine = new FakeMachine { Obeys = { [10] = ["TERM"], [11] = ["TERM"], [12] = ["KILL"] } };

        Assert.Equal((StopResult.Killed, null), Run(machine, 10, 11, 12));
        Assert.Equal(["TERM 10", "TERM 11", "TERM 12", "KILL 12"], machine.Sent);
    }

    [Fact]
    public void A_process_that_has_ended_or_whose_pid_is_anothers_gets_no_signal()
    {
        var machine = new FakeMachine { Gone = { 10 } };

        Assert.Equal((StopResult.AlreadyGone, null), Run(machine, 10));
        Assert.Empty(machine.Sent);
    }

    [Fact]
    public void Without_the_right_to_signal_nothing_more_is_tried()
    {
        var machine = new FakeMachine { Errors = { [10] = 1 } };

        Assert.Equal((StopResult.Failed, "p10 (10) belongs to another user"), Run(machine, 10));
        Assert.Equal(["TERM 10"], machine.Sent);
    }

    [Fact]
    public void A_process_that_even_kill_does_not_end_is_a_failure() =>
        Assert.Equal((StopResult.Failed, "p10 (10) did not end even when killed"), Run(new FakeMachine(), 10));

    [Fact]
    public void Kill_as_the_first_signal_is_a_kill()
    {
        var machine = new FakeMachine { Obeys = { [10] = ["KILL"] } };
        var outcome = new StopExecutor(machine, StopSignal.Kill, TimeSpan.Zero).Run(Step(10), CancellationToken.None);

        Assert.Equal(StopResult.Killed, outcome.Result);
        Assert.Equal(["KILL 10"], machine.Sent);
    }

    [Fact]
    public void Units_and_containers_are_left_to_their_managers()
    {
        var holder = Step(10).Holder;
        var machine = new FakeMachine
        {
            UnitFailure = new StopFailure(
            "systemctl stop: Interactive authentication required.", NeedsPrivilege: true)
        };
        var executor = new StopExecutor(machine, StopSignal.Term, TimeSpan.FromSeconds(7));

        Assert.Equal(StopResult.Failed, executor.Run(new StopUnits(holder, ["a.socket", "a.service"]), CancellationToken.None).Result);
        Assert.Equal(
            StopResult.Stopped,
            executor.Run(new StopContainer(holder, new ContainerInfo("id", "docker", "db", null)), CancellationToken.None).Result);
        Assert.Equal(["units a.socket a.service", "container db 7"], machine.Sent);
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigint", 2)]
    [InlineData("9", 9)]
    [InlineData("kill", 9)]
    public void Signals_are_read_by_name_and_number(string text, int number)
    {
        Assert.True(StopSignal.TryParse(text, out var signal));
        Assert.Equal(number, signal.Number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("0")]
    [InlineData("-9")]
    [InlineData("STOP")]
    [InlineData("99")]
    public void Signals_that_cannot_end_a_process_are_refused(string text) => Assert.False(StopSignal.TryParse(text, out _));

    private static (StopResult, string?) Run(FakeMachine machine, params int[] pids)
    {
        var outcome = new StopExecutor(machine, StopSignal.Term, TimeSpan.Zero).Run(Step(pids), CancellationToken.None);
        return (outcome.Result, outcome.Failure?.Text);
    }

    [Theory]
    [InlineData(false, new[] { "units web.service of 1000" })]
    [InlineData(true, new[] { "units web.service of 1000", "container web 0" })]
    public void A_container_that_outlives_its_unit_is_stopped_too(bool outlives, string[] sent)
    {
        var machine = new FakeMachine { OutlivesItsUnit = outlives };
        var web = new ContainerInfo("4f2c", "podman", "web", null);
        var step = new StopUnits(Step(10).Holder, ["web.service"]) { User = 1000, Container = web };

        var outcome = new StopExecutor(machine, StopSignal.Term, TimeSpan.Zero).Run(step, CancellationToken.None);

        Assert.Equal(StopResult.Stopped, outcome.Result);
        Assert.Equal(sent, machine.Sent);
    }

    /// <summary>The first is the parent of the rest.</summary>
    private static StopProcesses Step(params int[] pids)
    {
        var processes = pids.Select(p => new ProcessInfo(p, 1) { Name = $"p{p}", ParentPid = p == pids[0] ? 1 : pids[0] }).ToList();
        var machine = new MachineBuilder();
        var holder = new PortHolder
        {
            NamespaceIndex = 0,
            Port = new Portolan.Model.PortNumber(80),
            Protocol = Portolan.Model.TransportProtocol.Tcp,
            Kind = HoldKind.Listening,
            Owner = PortOwner.Of(processes, machine.Facts, null, default),
            Binds = [],
        };
        return new StopProcesses(holder, processes);
    }

    /// <summary>Processes that end at some signals, with another process, or never.</summary>
    private sealed class FakeMachine : IStopActions
    {
        private readonly HashSet<int> _ended = [];

        public Dictionary<int, string[]> Obeys { get; } = [];

        public Dictionary<int, int> DieWith { get; } = [];

        public Dictionary<int, int> Errors { get; } = [];

        public HashSet<int> Gone { get; } = [];

        public List<string> Sent { get; } = [];

        public StopFailure? UnitFailure { get; init; }

        public bool OutlivesItsUnit { get; init; }

        public StopFailure? StopUnits(IReadOnlyList<string> units, uint? user, CancellationToken cancellationToken)
        {
            Sent.Add($"units {string.Join(' ', units)}{(user is null ? "" : $" of {user}")}");
            return UnitFailure;
        }

        public bool IsRunning(ContainerInfo container) => OutlivesItsUnit;

        public StopFailure? StopContainer(ContainerInfo container, TimeSpan timeout, CancellationToken cancellationToken)
        {
            Sent.Add($"container {container.Name} {timeout.TotalSeconds}");
            return null;
        }

        public IStoppableProcess? Open(ProcessInfo process) => Gone.Contains(process.Pid) ? null : new FakeProcess(this, process.Pid);

        private sealed class FakeProcess(FakeMachine machine, int pid) : IStoppableProcess
        {
            public int Signal(StopSignal signal)
            {
                machine.Sent.Add($"{signal} {pid}");
                if (machine.Errors.TryGetValue(pid, out var errno))
                {
                    return errno;
                }

                if (machine.Obeys.GetValueOrDefault(pid, []).Contains(signal.Name))
                {
                    machine._ended.Add(pid);
                }

                return 0;
            }

            public bool WaitForExit(TimeSpan timeout, CancellationToken cancellationToken) =>
                machine._ended.Contains(pid) || (machine.DieWith.TryGetValue(pid, out var with) && machine._ended.Contains(with));

            public void Dispose()
            {
            }
        }
    }
}
