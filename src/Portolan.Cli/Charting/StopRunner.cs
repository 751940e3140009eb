using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>What the command line of a stop asks for.</summary>
internal sealed record StopRequest(PortArgument Port, bool DryRun, bool Yes, bool Force, StopSignal Signal, TimeSpan Timeout);

/// <summary>Runs a stop: look, plan, ask, do, look again.</summary>
internal sealed class StopRunner(StopRequest request, CommandContext context)
{
    /// <summary>How long systemd may take to start a unit again before it is only said that it will.</summary>
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(10);

    private readonly OwnerName _owners = new(context.Users.Name);

    /// <summary>Runs it.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        var takenAt = context.Clock.GetUtcNow();
        var survey = Survey.Of(context);
        var facts = survey.ForPort(request.Port.Port, request.Port.Protocols, allNamespaces: false, cancellationToken);
        var holders = PortHolders.Find(facts, request.Port.Port, request.Port.Protocols);
        if (holders.Count == 0)
        {
            holders = ForwardSurvey.OfPort(
                context, request.Port.Port, request.Port.Protocols, survey.Containers.At, isAgain: false, cancellationToken).Containers();
        }

        if (holders.Count == 0)
        {
            ErrorLines.Write(context, $"portolan: nobody holds port {request.Port.Port}");
            context.Error.WriteLine(Advice.Of($"run portolan who {request.Port.Port} to see whether a bind works").ToHint());
            if (context.Json)
            {
                var empty = new StopJson(facts, request.Signal, request.Timeout, context.Users.Name);
                JsonOutput.WriteDocument(
                    context.Output,
                    writer =>
                        empty.Write(writer, request.Port.Port.Value, [], new StopPlan([], []), null, null, null, takenAt, Survey.Host));
            }

            return ExitCode.NothingFound;
        }

        var plan = StopPlanner.Plan(holders, StopSituation.Read(context.Processes, request.Force, context.Users.Name));
        var text = new StopText(_owners, request.Signal, request.Timeout);
        var json = new StopJson(facts, request.Signal, request.Timeout, context.Users.Name);
        Refuse(plan, text);
        if (plan.Steps.Count == 0 || request.DryRun)
        {
            WritePlan(plan, text, json, holders, takenAt);
            return plan.Steps.Count > 0 ? ExitCode.Success : Worst(plan);
        }

        if (!Confirm(plan, text))
        {
            return ExitCode.NothingFound;
        }

        context.EndInOrder();
        var executor = new StopExecutor(
            new KernelStopActions(context.Processes, EngineClient.OfThisMachine(mayRunPodman: true)), request.Signal, request.Timeout);
        var returns = new UnitReturns(plan);
        var outcomes = plan.Steps.Select(step => executor.Run(step, cancellationToken)).ToList();
        var returning = returns.Await(LongestReturn, cancellationToken);
        var (after, unread) = LookAgain(survey, holders, cancellationToken);
        after = returning.Count == 0 ? after : new StopAftermath(false, [.. after.Remaining, .. returning]);
        Report(outcomes, after, unread, text, json, plan, holders, takenAt);
        return outcomes.Exists(o => o.Failure is { NeedsPrivilege: true })
            && !outcomes.Exists(o => o.Result is StopResult.Stopped or StopResult.Killed)
            ? ExitCode.NoPrivilege
            : after.IsFree && outcomes.TrueForAll(o => o.Result != StopResult.Failed) ? ExitCode.Success : ExitCode.Failed;
    }

    private static ExitCode Worst(StopPlan plan) => plan.Refusals.All(r => r.Code == "hidden") ? ExitCode.NoPrivilege : ExitCode.Failed;

    /// <summary>What became of the port, and which rules that may forward it could not be read.</summary>
    private (StopAftermath After, MissingFact? Unread) LookAgain(
        MachineSurvey survey, IReadOnlyList<PortHolder> before, CancellationToken cancellationToken)
    {
        var port = request.Port.Port;
        var (facts, use) = survey.ForPortAndAround(port, request.Port.Protocols, cancellationToken);
        IReadOnlyList<TransportProtocol> stopped = [.. before.Select(h => h.Protocol).Distinct()];
        var led = ForwardSurvey.OfPort(context, port, stopped, static _ => null, isAgain: true, cancellationToken);
        var report = PortReport.Make(
            port, request.Port.Protocols, stopped, facts, context.Settings, context.Binds, use);
        var answering = report.IsHeld || !stopped.Contains(TransportProtocol.Tcp) ? []
            : context.FindAnswering(port, (context.OpenHostFacts?.Invoke().Addresses ?? []).Select(static a => a.Address));
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
            JsonOutput.WriteDocument(
                context.Output,
                writer => json.Write(writer, request.Port.Port.Value, holders, plan, null, null, null, takenAt, Survey.Host));
            return;
        }

        foreach (var step in plan.Steps)
        {
            context.Writer.WriteLine(text.Holder(step.Holder));
            context.Writer.WriteLine($"  would {text.Step(step)}");
        }

        context.Flush();
    }

    /// <summary>Asks on the terminal; without one, only --yes will do.</summary>
    private bool Confirm(StopPlan plan, StopText text)
    {
        if (request.Yes)
        {
            return true;
        }

        if (!context.InputIsTerminal || !context.ErrorIsTerminal)
        {
            throw new PortolanException(
                "stop asks for confirmation, and there is no terminal to ask on",
                $"add --yes, or look first with portolan stop {request.Port.Port} --dry-run",
                ExitCode.Usage);
        }

        foreach (var step in plan.Steps)
        {
            context.Error.WriteLine(text.Holder(step.Holder));
            context.Error.WriteLine($"  will {text.Step(step)}");
        }

        context.Error.Write("Go on? [y/N] ");
        context.Error.Flush();
        return context.Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private void Report(
        List<StopOutcome> outcomes, StopAftermath after, MissingFact? unread, StopText text, StopJson json, StopPlan plan,
        IReadOnlyList<PortHolder> holders, DateTimeOffset takenAt)
    {
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output,
                writer => json.Write(writer, request.Port.Port.Value, holders, plan, outcomes, after, unread, takenAt, Survey.Host));
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
                context.Writer.WriteLine(text.Outcome(outcome));
            }
        }

        if (!context.Json)
        {
            context.Writer.WriteLine(
                $"port {request.Port.Port} is {(!after.IsFree ? "not free" : unread is null ? "free" : "free, as far as can be seen")}");
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
