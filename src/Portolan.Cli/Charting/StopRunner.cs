using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>What the command line of a stop asks for.</summary>
internal sealed record StopRequest(bool DryRun, bool Yes, StopManner Manner);

/// <summary>Runs a stop of one port: look, ask, do, and say what became of it.</summary>
/// <param name="target">The port.</param>
/// <param name="isOne">Whether it is the only one: then <c>--json</c> is a document, and else a line for each.</param>
/// <param name="request">How.</param>
/// <param name="consent">Asks.</param>
/// <param name="context">The streams and the machine.</param>
internal sealed class StopRunner(PortTarget target, bool isOne, StopRequest request, StopConsent consent, CommandContext context)
{
    private readonly NamedPort _port = target.Port;
    private readonly PortStopper _stopper = new(context.Machine, target, request.Manner);
    private readonly StopText _text = new(new OwnerName(context.Machine.Users.Name), request.Manner.Signal, request.Manner.Timeout);

    /// <summary>What a stop would do now; <c>null</c> where no process holds the port.</summary>
    public StopPlan? Plan(CancellationToken cancellationToken) =>
        Look(cancellationToken) is { Holders.Count: > 0 } look ? look.Plan : null;

    /// <summary>Runs it; <c>null</c> where the port was held when the command began, and an earlier stop has freed it.</summary>
    public ExitCode? Run(bool wasHeld, CancellationToken cancellationToken)
    {
        var takenAt = context.Clock.GetUtcNow();
        var look = Look(cancellationToken);
        if (look.Holders.Count == 0 && (wasHeld || target.IsFound))
        {
            return null;
        }

        if (look.Holders.Count == 0)
        {
            var at = target.Address is { } address ? $" at {address}" : "";
            ErrorLines.Write(context, $"portolan: port {_port.Port} is not in use{at}");
            context.Error.WriteLine(Advice.Of($"portolan who {_port.Port} shows whether a bind works").ToHint());
            if (context.Json)
            {
                Write(look, null, takenAt);
            }

            return ExitCode.NothingFound;
        }

        Refuse(look.Plan);
        if (look.Plan.Steps.Count == 0 || request.DryRun)
        {
            WritePlan(look, takenAt);
            return look.Plan.Steps.Count > 0 ? ExitCode.Success : Worst(look.Plan);
        }

        if (!consent.Confirm(look.Plan.Steps))
        {
            return ExitCode.NothingFound;
        }

        context.EndInOrder();
        var report = _stopper.Stop(look, cancellationToken);
        Report(look, report, takenAt);
        return report.Outcomes.Any(static o => o.Failure is { NeedsPrivilege: true })
            && !report.Outcomes.Any(static o => o.Result is StopResult.Stopped or StopResult.Killed)
            ? ExitCode.NoPrivilege
            : report.After.IsFree && report.Outcomes.All(static o => o.Result != StopResult.Failed) ? ExitCode.Success : ExitCode.Failed;
    }

    private StopLook Look(CancellationToken cancellationToken) => _stopper.IsHere
        ? _stopper.Look(cancellationToken)
        : throw new PortolanException(
            $"{target.Address} is not an address of this machine", $"portolan who {_port.Port} shows who holds the port",
            ExitCode.NothingFound);

    private static ExitCode Worst(StopPlan plan) => plan.Refusals.All(r => r.Code == "hidden") ? ExitCode.NoPrivilege : ExitCode.Failed;

    private void Refuse(StopPlan plan)
    {
        foreach (var refusal in plan.Refusals)
        {
            ErrorLines.Write(context, $"portolan: {_text.Refusal(refusal)}");
            if (refusal.Remedy is { } remedy)
            {
                context.Error.WriteLine(remedy.ToHint());
            }
        }
    }

    private void WritePlan(StopLook look, DateTimeOffset takenAt)
    {
        if (context.Json)
        {
            Write(look, null, takenAt);
            return;
        }

        foreach (var step in look.Plan.Steps)
        {
            context.Writer.WriteLine(_text.Holder(step.Holder));
            context.Writer.WriteLine($"  would {_text.Step(step)}");
        }

        context.Flush();
    }

    private void Write(StopLook look, StopReport? report, DateTimeOffset takenAt)
    {
        var document = StopDocument.Of(
            _port.Port, request.DryRun, look, report, request.Manner, context.Machine.Users.Name, takenAt, Survey.Host);
        if (isOne)
        {
            JsonOutput.WriteDocument(context.Output, document, ReachabilityDocuments.Default.StopDocument);
        }
        else
        {
            JsonOutput.WriteLine(context.Output, document, ReachabilityDocuments.Default.StopDocument);
        }
    }

    private void Report(StopLook look, StopReport report, DateTimeOffset takenAt)
    {
        if (context.Json)
        {
            Write(look, report, takenAt);
        }

        for (var i = 0; i < report.Outcomes.Count; i++)
        {
            var outcome = report.Outcomes[i];
            if (outcome.Result == StopResult.Failed)
            {
                ErrorLines.Write(context, $"portolan: {_text.Outcome(outcome)}");
                if (outcome.Failure!.NeedsPrivilege)
                {
                    context.Error.WriteLine(Advice.Of($"run the command again with sudo").ToHint());
                }
            }
            else if (!context.Json)
            {
                context.Writer.WriteLine(_text.Outcome(outcome, isSuccessor: i >= report.Planned));
            }
        }

        if (!context.Json)
        {
            var state = !report.After.IsFree ? "not free" : report.Unread is null ? "free" : "free, as far as is visible";
            context.Writer.WriteLine($"port {_port.Port} is {state}");
            foreach (var remaining in report.After.Remaining)
            {
                context.Writer.WriteLine($"  ! {TerminalText.Escape(remaining)}");
            }

            if (report.Unread is { } fact)
            {
                context.Writer.WriteLine($"  - unknown: {TerminalText.Escape(fact.What)}: {TerminalText.Escape(fact.Why)}");
            }
        }

        context.Flush();
    }
}
