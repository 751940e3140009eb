using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>Says what a stop will do, and what it did.</summary>
internal sealed class StopText(OwnerName owners, StopSignal signal, TimeSpan timeout)
{
    /// <summary>The holder as one line: <c>8080/tcp is held by node 4112 deploy</c>.</summary>
    public string Holder(
        PortHolder holder) =>
            $"{holder.Port}/{Portolan.Model.TransportProtocolNames.Name(holder.Protocol)} "
                + $"{(holder.Kind == HoldKind.Forwarded ? "is forwarded to" : "is held by")} {owners.Of(holder.Owner)}";

    /// <summary>What a step does, as an order: <c>send TERM to node (4112), KILL after 5 s</c>.</summary>
    public string Step(StopStep step) => TerminalText.Escape(step switch
    {
        StopUnits units =>
            $"systemctl {(units.User is null ? "" : "--user ")}stop {string.Join(' ', units.Units.Select(ShellWord.Quote))}{Whose(units)}",
        StopContainer container =>
            $"{container.Container.Runtime} stop {ShellWord.Quote(Name(container.Container))}{As(container.Container.EngineUser)}",
        StopProcesses processes =>
            $"send {signal} to {Names(processes)}{(signal == StopSignal.Kill ? "" : $", KILL after {timeout.TotalSeconds:0.###} s")}",
        _ => step.GetType().Name,
    });

    /// <summary>What became of a step.</summary>
    /// <param name="outcome">The step.</param>
    /// <param name="isSuccessor">Whether a holder had handed its socket to these processes.</param>
    public string Outcome(StopOutcome outcome, bool isSuccessor = false) => TerminalText.Escape((outcome.Step, outcome.Result) switch
    {
        (StopProcesses successor, StopResult.Killed) when isSuccessor => $"{Names(successor)} had taken over the socket and was killed",
        (_, StopResult.Failed) => $"{Step(outcome.Step)}: {outcome.Failure!.Text}",
        (StopUnits units, _) => $"systemctl stopped {string.Join(" and ", units.Units)}{Whose(units)}",
        (StopContainer container, _) =>
            $"{container.Container.Runtime} stopped {Name(container.Container)}{As(container.Container.EngineUser)}",
        (StopProcesses processes, StopResult.AlreadyGone) => $"{Names(processes)} had already ended",
        (StopProcesses processes, StopResult.Killed) when signal == StopSignal.Kill => $"{Names(processes)} was killed",
        (StopProcesses processes, StopResult.Killed) => $"{Names(processes)} did not end after {signal} and was killed",
        (StopProcesses processes, _) => $"{Names(processes)} ended after {signal}",
        _ => Step(outcome.Step),
    });

    /// <summary>Why a holder is left alone.</summary>
    public string Refusal(StopRefusal refusal) => $"{Holder(refusal.Holder)}: {TerminalText.Escape(refusal.Why)}";

    /// <summary>Whose engine or manager it is, where it is not the system's.</summary>
    private string As(uint user) => user == 0 ? "" : $" as user {owners.UserName(user)}";

    private string Whose(StopUnits step) =>
        $"{As(step.User ?? 0)}{(step.Container is { } container ? $", which runs container {Name(container)}" : "")}";

    private static string Name(ContainerInfo container) => container.Name ?? container.Id;

    private static string Names(StopProcesses step)
    {
        var first = step.Processes[0];
        return $"{first.ShownName} ({first.Pid}){(step.Processes.Count > 1 ? $" and {step.Processes.Count - 1} related {(step.Processes.Count == 2 ? "process" : "processes")}" : "")}";
    }
}
