using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>What the command line of a stop asks for.</summary>
internal sealed record StopRequest(bool DryRun, bool Yes, bool Force, StopSignal Signal, TimeSpan Timeout);

/// <summary>Runs a stop of one port: look, plan, ask, do, look again.</summary>
/// <param name="target">The port.</param>
/// <param name="isOne">Whether it is the only one: then <c>--json</c> is a document, and else a line for each.</param>
/// <param name="request">How.</param>
/// <param name="consent">Asks.</param>
/// <param name="context">The machine.</param>
internal sealed class StopRunner(WhoTarget target, bool isOne, StopRequest request, StopConsent consent, CommandContext context)
{
    /// <summary>How often a holder may hand its socket to another process before that is only said.</summary>
    private const int MostSuccessors = 5;

    /// <summary>How long a parent or supervisor may take to start a holder anew.</summary>
    private static readonly TimeSpan Return = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>How long systemd may take to start a unit again before it is only said that it will.</summary>
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(10);

    private readonly PortArgument _port = target.Port;
    private readonly OwnerName _owners = new(context.Users.Name);

    /// <summary>What a stop would do now; <c>null</c> where nobody holds the port.</summary>
    public StopPlan? Plan(CancellationToken cancellationToken) =>
        Look(Survey.Of(context), cancellationToken) is { Holders: { Count: > 0 } holders } ? Plan(holders) : null;

    /// <summary>Runs it; <c>null</c> where the port was held when the command began, and an earlier stop has freed it.</summary>
    public ExitCode? Run(bool wasHeld, CancellationToken cancellationToken)
    {
        var takenAt = context.Clock.GetUtcNow();
        var survey = Survey.Of(context);
        var (facts, holders) = Look(survey, cancellationToken);
        if (holders.Count == 0 && (wasHeld || target.IsFound))
        {
            return null;
        }

        if (holders.Count == 0)
        {
            var at = target.Address is { } address ? $" at {address}" : "";
            ErrorLines.Write(context, $"portolan: nobody holds port {_port.Port}{at}");
            context.Error.WriteLine(Advice.Of($"run portolan who {_port.Port} to see whether a bind works").ToHint());
            if (context.Json)
            {
                var empty = new StopJson(facts, request.Signal, request.Timeout, context.Users.Name);
                Write(writer => empty.Write(
                    writer, _port.Port.Value, request.DryRun, [], new StopPlan([], []), null, null, null, takenAt, Survey.Host));
            }

            return ExitCode.NothingFound;
        }

        var plan = Plan(holders);
        var text = new StopText(_owners, request.Signal, request.Timeout);
        var json = new StopJson(facts, request.Signal, request.Timeout, context.Users.Name);
        Refuse(plan, text);
        if (plan.Steps.Count == 0 || request.DryRun)
        {
            WritePlan(plan, text, json, holders, takenAt);
            return plan.Steps.Count > 0 ? ExitCode.Success : Worst(plan);
        }

        if (!consent.Confirm(plan.Steps))
        {
            return ExitCode.NothingFound;
        }

        context.EndInOrder();
        var actions = new KernelStopActions(context.Processes, EngineClient.OfThisMachine(mayRunPodman: true));
        var executor = new StopExecutor(actions, request.Signal, request.Timeout);
        var returns = new UnitReturns(plan);
        var stopped = plan.Steps.OfType<StopProcesses>().SelectMany(static s => s.Processes).ToList();
        var sockets = SocketsOf(facts, stopped.Select(static p => p.Pid).ToHashSet());
        var outcomes = plan.Steps.Select(step => executor.Run(step, cancellationToken)).ToList();
        var asked = outcomes.Count;
        if (outcomes.Exists(static o => o is { Step: StopProcesses, Result: StopResult.Stopped or StopResult.Killed }))
        {
            var killer = new StopExecutor(actions, StopSignal.Kill, request.Timeout);
            outcomes.AddRange(EndSuccessors(
                survey, killer, sockets, stopped.Select(static p => (p.Pid, p.StartTicks)).ToHashSet(), cancellationToken));
        }

        plan = plan with { Steps = [.. outcomes.Select(static o => o.Step)] };
        var returning = returns.Await(LongestReturn, cancellationToken);
        var (after, unread) = LookAgain(survey, holders, cancellationToken);
        if (after.IsFree && outcomes.Exists(static o => o.Step is StopProcesses) && HasReturned(survey, cancellationToken))
        {
            (after, unread) = LookAgain(survey, holders, cancellationToken);
        }

        after = returning.Count == 0 ? after : new StopAftermath(false, [.. after.Remaining, .. returning]);
        Report(outcomes, asked, after, unread, text, json, plan, holders, takenAt);
        return outcomes.Exists(o => o.Failure is { NeedsPrivilege: true })
            && !outcomes.Exists(o => o.Result is StopResult.Stopped or StopResult.Killed)
            ? ExitCode.NoPrivilege
            : after.IsFree && outcomes.TrueForAll(o => o.Result != StopResult.Failed) ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>Who holds the port, or gets what comes for it by rules.</summary>
    private (MachineFacts Facts, IReadOnlyList<PortHolder> Holders) Look(MachineSurvey survey, CancellationToken cancellationToken)
    {
        if (target.Address is { } foreign && !BindTrial.IsHere(context.Binds, foreign))
        {
            throw new PortolanException(
                $"{foreign} is not an address of this machine", $"run portolan who {_port.Port} to see who holds the port",
                ExitCode.NothingFound);
        }

        var facts = survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken);
        var holders = Holders(facts);
        return (facts, holders.Count > 0 ? holders : ForwardSurvey.OfPort(
            context, _port.Port, _port.Protocols, survey.Containers.At, isAgain: false, cancellationToken).Containers());
    }

    private StopPlan Plan(IReadOnlyList<PortHolder> holders) =>
        StopPlanner.Plan(holders, StopSituation.Read(context.Processes, request.Force, context.Users.Name));

    private IReadOnlyList<PortHolder> Holders(MachineFacts facts) =>
        [.. PortHolders.Find(facts, _port.Port, _port.Protocols).Where(h => target.Address is not { } address || h.IsAt(address))];

    /// <summary>The sockets by which some processes hold the port.</summary>
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
        MachineSurvey survey, StopExecutor killer, HashSet<uint> sockets, HashSet<(int Pid, ulong StartTicks)> known,
        CancellationToken cancellationToken)
    {
        var ended = new List<StopOutcome>();
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var round = 0; round < MostSuccessors && !cancellationToken.IsCancellationRequested;)
        {
            var facts = survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken);
            List<PortHolder> successors = [.. Holders(facts).Where(h => h.Kind != HoldKind.Connected
                && h.Owner.Processes.Any(p => !known.Contains((p.Pid, p.StartTicks)))
                && h.Owner.Processes.All(p => SocketsOf(facts, [p.Pid]).Overlaps(sockets)))];
            if (successors.Count == 0)
            {
                break;
            }

            // It gets the time to end that any holder gets.
            if (System.Diagnostics.Stopwatch.GetElapsedTime(since) < request.Timeout)
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
    private bool HasReturned(MachineSurvey survey, CancellationToken cancellationToken)
    {
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        do
        {
            cancellationToken.WaitHandle.WaitOne(Between);
            if (Holders(survey.ForPort(_port.Port, _port.Protocols, allNamespaces: false, cancellationToken)).Count > 0)
            {
                return true;
            }
        }
        while (System.Diagnostics.Stopwatch.GetElapsedTime(since) < Return && !cancellationToken.IsCancellationRequested);

        return false;
    }

    private void Write(Action<System.Text.Json.Utf8JsonWriter> write)
    {
        if (isOne)
        {
            JsonOutput.WriteDocument(context.Output, write);
        }
        else
        {
            JsonOutput.WriteLine(context.Output, write);
        }
    }

    private static ExitCode Worst(StopPlan plan) => plan.Refusals.All(r => r.Code == "hidden") ? ExitCode.NoPrivilege : ExitCode.Failed;

    /// <summary>What became of the port, and which rules that may forward it could not be read.</summary>
    private (StopAftermath After, MissingFact? Unread) LookAgain(
        MachineSurvey survey, IReadOnlyList<PortHolder> before, CancellationToken cancellationToken)
    {
        var port = _port.Port;
        var (facts, use) = survey.ForPortAndAround(port, _port.Protocols, cancellationToken);
        IReadOnlyList<TransportProtocol> stopped = [.. before.Select(h => h.Protocol).Distinct()];
        var led = ForwardSurvey.OfPort(context, port, stopped, static _ => null, isAgain: true, cancellationToken);
        var report = PortReport.Make(
            port, _port.Protocols, stopped, facts, context.Settings, context.Binds, use, address: target.Address);
        var answering = report.IsHeld || !stopped.Contains(TransportProtocol.Tcp) ? []
            : context.FindAnswering(
                port,
                target.Address is { } place ? [place] : (context.OpenHostFacts?.Invoke().Addresses ?? []).Select(static a => a.Address));
        return (StopAftermath.Of(before, report, led.Forwards, answering), led.Missing);
    }

    private void Refuse(StopPlan plan, StopText text)
    {
        foreach (var refusal in plan.Refusals)
        {
            ErrorLines.Write(context, $"portolan: {text.Refusal(refusal)}");
            if (refusal.Remedy is { } remedy)
            {
                context.Error.WriteLine(remedy.ToHint());
            }
        }
    }

    private void WritePlan(StopPlan plan, StopText text, StopJson json, IReadOnlyList<PortHolder> holders, DateTimeOffset takenAt)
    {
        if (context.Json)
        {
            Write(writer => json.Write(
                writer, _port.Port.Value, request.DryRun, holders, plan, null, null, null, takenAt, Survey.Host));
            return;
        }

        foreach (var step in plan.Steps)
        {
            context.Writer.WriteLine(text.Holder(step.Holder));
            context.Writer.WriteLine($"  would {text.Step(step)}");
        }

        context.Flush();
    }

    private void Report(
        List<StopOutcome> outcomes, int asked, StopAftermath after, MissingFact? unread, StopText text, StopJson json, StopPlan plan,
        IReadOnlyList<PortHolder> holders, DateTimeOffset takenAt)
    {
        if (context.Json)
        {
            Write(writer => json.Write(
                writer, _port.Port.Value, request.DryRun, holders, plan, outcomes, after, unread, takenAt, Survey.Host));
        }

        foreach (var outcome in outcomes)
        {
            if (outcome.Result == StopResult.Failed)
            {
                ErrorLines.Write(context, $"portolan: {text.Outcome(outcome)}");
                if (outcome.Failure!.NeedsPrivilege)
                {
                    context.Error.WriteLine(Advice.Of($"run the command again with sudo").ToHint());
                }
            }
            else if (!context.Json)
            {
                context.Writer.WriteLine(text.Outcome(outcome, isSuccessor: outcomes.IndexOf(outcome) >= asked));
            }
        }

        if (!context.Json)
        {
            context.Writer.WriteLine(
                $"port {_port.Port} is {(!after.IsFree ? "not free" : unread is null ? "free" : "free, as far as can be seen")}");
            foreach (var remaining in after.Remaining)
            {
                context.Writer.WriteLine($"  ! {TerminalText.Escape(remaining)}");
            }

            if (unread is { } fact)
            {
                context.Writer.WriteLine($"  - not known: {TerminalText.Escape(fact.What)}: {TerminalText.Escape(fact.Why)}");
            }
        }

        context.Flush();
    }
}
