using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Reachability.Composing;

/// <summary>How holders of a port are stopped.</summary>
/// <param name="Force">Whether what is refused otherwise is stopped too.</param>
/// <param name="Signal">The first signal to processes.</param>
/// <param name="Timeout">How long after it they are killed.</param>
public sealed record StopManner(bool Force, StopSignal Signal, TimeSpan Timeout)
{
    /// <summary>How long after the first signal what does not end is killed, unless another time is chosen.</summary>
    public static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(5);
}

/// <summary>What a stop would do now.</summary>
/// <param name="Facts">What was read of the machine.</param>
/// <param name="Holders">Who holds the port, or the containers that rules forward it to.</param>
/// <param name="Plan">How each is stopped, or why not; empty where no process holds the port.</param>
public sealed record StopLook(MachineFacts Facts, IReadOnlyList<PortHolder> Holders, StopPlan Plan);

/// <summary>What a stop came to.</summary>
/// <param name="Outcomes">What became of each step: first those of the plan, then the ends of processes that took over the socket.</param>
/// <param name="Planned">How many of them are of the plan.</param>
/// <param name="After">What became of the port.</param>
/// <param name="Unread">Which rules that may forward it could not be read afterwards; or <c>null</c>.</param>
public sealed record StopReport(IReadOnlyList<StopOutcome> Outcomes, int Planned, StopAftermath After, MissingFact? Unread);

/// <summary>Stops the holders of one port: look, plan, do, look again. The caller asks whether to do it.</summary>
/// <param name="machine">The machine.</param>
/// <param name="target">The port.</param>
/// <param name="manner">How.</param>
public sealed class PortStopper(Machine machine, PortTarget target, StopManner manner)
{
    /// <summary>How often a holder may hand its socket to another process before that is only said.</summary>
    private const int MostSuccessors = 5;

    /// <summary>How long a parent or supervisor may take to start a holder anew.</summary>
    private static readonly TimeSpan Return = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>How long systemd may take to start a unit again before it is only said that it will.</summary>
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(10);

    private readonly NamedPort _port = target.Port;
    private MachineSurvey _survey = machine.Survey();

    /// <summary>Whether the address that is meant is one of this machine's: no port of another can be stopped.</summary>
    public bool IsHere => target.Address is not { } address || BindTrial.IsHere(machine.Binds, address);

    /// <summary>Who holds the port now, and what a stop would do.</summary>
    public StopLook Look(CancellationToken cancellationToken)
    {
        // A stop of another port may have ended what the last one knows.
        _survey = machine.Survey();
        var facts = _survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken);
        var holders = Holders(facts);
        if (holders.Count == 0)
        {
            holders = ForwardSurvey.OfPort(
                machine, _port.Port, _port.Protocols, _survey.Containers.At, isAgain: false, cancellationToken).Containers();
        }

        return new StopLook(facts, holders, holders.Count == 0 ? new StopPlan([], []) : Plan(holders));
    }

    /// <summary>Does what was planned.</summary>
    /// <param name="look">The plan; it has a step.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public StopReport Stop(StopLook look, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(look);
        var actions = new KernelStopActions(machine.Processes, EngineClient.OfThisMachine(mayRunPodman: true));
        var executor = new StopExecutor(actions, manner.Signal, manner.Timeout);
        var returns = new UnitReturns(look.Plan);
        var stopped = look.Plan.Steps.OfType<StopProcesses>().SelectMany(static s => s.Processes).ToList();
        var sockets = SocketsOf(look.Facts, stopped.Select(static p => p.Pid).ToHashSet());
        var outcomes = look.Plan.Steps.Select(step => executor.Run(step, cancellationToken)).ToList();
        var planned = outcomes.Count;
        if (outcomes.Exists(static o => o is { Step: StopProcesses, Result: StopResult.Stopped or StopResult.Killed }))
        {
            var killer = new StopExecutor(actions, StopSignal.Kill, manner.Timeout);
            outcomes.AddRange(EndSuccessors(
                killer, sockets, stopped.Select(static p => (p.Pid, p.StartTicks)).ToHashSet(), cancellationToken));
        }

        var returning = returns.Await(LongestReturn, cancellationToken);
        var (after, unread) = LookAgain(look.Holders, cancellationToken);
        if (after.IsFree && outcomes.Exists(static o => o.Step is StopProcesses) && HasReturned(cancellationToken))
        {
            (after, unread) = LookAgain(look.Holders, cancellationToken);
        }

        after = returning.Count == 0 ? after : new StopAftermath(false, [.. after.Remaining, .. returning]);
        return new StopReport(outcomes, planned, after, unread);
    }

    private StopPlan Plan(IReadOnlyList<PortHolder> holders) =>
        StopPlanner.Plan(holders, StopSituation.Read(machine.Processes, manner.Force, machine.Users.Name));

    private IReadOnlyList<PortHolder> Holders(MachineFacts facts) =>
        [.. PortHolders.Find(facts, _port.Port, _port.Protocols).Where(h => target.Address is not { } address || h.IsAt(address))];

    /// <summary>The sockets with which some processes hold the port.</summary>
    private HashSet<uint> SocketsOf(MachineFacts facts, HashSet<int> pids)
    {
        var sockets = facts.Snapshot.Sockets;
        var found = new HashSet<uint>();
        for (var i = 0; i < sockets.Count; i++)
        {
            if (sockets[i] is { Inode: not 0 and var inode } entry && entry.LocalPort == _port.Port.Value)
            {
                foreach (var pid in facts.Owners.Pids(inode))
                {
                    if (pids.Contains(pid))
                    {
                        found.Add(inode);
                    }
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Kills those that a holder has handed its socket to when it was asked to end, such as a child that it forked: they hold the port by
    /// the very same socket. Other processes that hold the port are left alone.
    /// </summary>
    private List<StopOutcome> EndSuccessors(
        StopExecutor killer, HashSet<uint> sockets, HashSet<(int Pid, ulong StartTicks)> known, CancellationToken cancellationToken)
    {
        var ended = new List<StopOutcome>();
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var round = 0; round < MostSuccessors && !cancellationToken.IsCancellationRequested;)
        {
            var facts = _survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken);
            List<PortHolder> successors = [.. Holders(facts).Where(h => h.Kind != HoldKind.Connected
                && h.Owner.Processes.Any(p => !known.Contains((p.Pid, p.StartTicks)))
                && h.Owner.Processes.All(p => SocketsOf(facts, [p.Pid]).Overlaps(sockets)))];
            if (successors.Count == 0)
            {
                break;
            }

            // It gets the time to end that any holder gets.
            if (System.Diagnostics.Stopwatch.GetElapsedTime(since) < manner.Timeout)
            {
                cancellationToken.WaitHandle.WaitOne(Between);
                continue;
            }

            round++;
            var plan = Plan(successors);
            var steps = plan.Steps.OfType<StopProcesses>().ToList();
            if (steps.Count == 0)
            {
                break;
            }

            ended.AddRange(steps.Select(step => killer.Run(step, cancellationToken)));
        }

        return ended;
    }

    /// <summary>Whether a process holds the port again within the time that those who start programs anew usually take.</summary>
    private bool HasReturned(CancellationToken cancellationToken)
    {
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        do
        {
            cancellationToken.WaitHandle.WaitOne(Between);
            if (Holders(_survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken)).Count > 0)
            {
                return true;
            }
        }
        while (System.Diagnostics.Stopwatch.GetElapsedTime(since) < Return && !cancellationToken.IsCancellationRequested);

        return false;
    }

    /// <summary>What became of the port, and which rules that may forward it could not be read.</summary>
    private (StopAftermath After, MissingFact? Unread) LookAgain(IReadOnlyList<PortHolder> before, CancellationToken cancellationToken)
    {
        var port = _port.Port;
        var (facts, use) = _survey.ForPortAndAround(port, _port.Protocols, cancellationToken);
        IReadOnlyList<TransportProtocol> stopped = [.. before.Select(h => h.Protocol).Distinct()];
        var forwards = ForwardSurvey.OfPort(machine, port, stopped, static _ => null, isAgain: true, cancellationToken);
        var report = PortReport.Make(
            port, _port.Protocols, stopped, facts, machine.Settings, machine.Binds, use, address: target.Address);
        var answering = report.IsHeld || !stopped.Contains(TransportProtocol.Tcp) ? []
            : machine.FindAnswering(
                port,
                target.Address is { } place ? [place] : (machine.OpenHostFacts?.Invoke().Addresses ?? []).Select(static a => a.Address));
        return (StopAftermath.Of(before, report, forwards.Forwards, answering), forwards.Missing);
    }
}
