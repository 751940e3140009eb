using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Stopping;

namespace Portolan.Reachability.Documents;

/// <summary>A stop, planned or done, as <c>portolan.stop/1</c> (docs/schema/portolan.stop-1.json).</summary>
/// <param name="TakenAt">When the sockets were read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Port">The port.</param>
/// <param name="DryRun">Whether only the plan was asked for.</param>
/// <param name="Holders">Who held the port.</param>
/// <param name="Steps">What was done, or is to be done, in order.</param>
/// <param name="Refused">What is left alone, and why.</param>
/// <param name="Free">Whether the port is free afterwards; <c>null</c> when nothing was done.</param>
/// <param name="Remaining">What is worth knowing afterwards; <c>null</c> when nothing was done. Hostile text.</param>
public sealed record StopDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, int Port, bool DryRun,
    IEnumerable<HolderRecord> Holders, IEnumerable<StopStepRecord> Steps, IEnumerable<StopRefusalRecord> Refused, bool? Free,
    IReadOnlyList<string>? Remaining)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.stop/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>What <see cref="PortStopper"/> planned, and what it came to.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isDryRun">Whether only the plan was asked for.</param>
    /// <param name="look">The plan.</param>
    /// <param name="report">What was done; <c>null</c> when nothing was.</param>
    /// <param name="manner">How.</param>
    /// <param name="userName">Names users.</param>
    /// <param name="takenAt">When.</param>
    /// <param name="host">The machine.</param>
    public static StopDocument Of(
        PortNumber port, bool isDryRun, StopLook look, StopReport? report, StopManner manner, Func<uint, string?> userName,
        DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(manner);
        var (facts, holders, plan) = look;
        var missing = HiddenOwners.Missing(facts, holders.Count(static h => h.Owner.Kind == OwnerKind.Hidden));
        missing = report?.Unread is { } unread ? [.. missing, unread] : missing;
        return new StopDocument(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing), port.Value, isDryRun,
            holders.Select(holder => HolderRecord.Of(holder, facts, userName)),
            report?.Outcomes.Select(outcome => StopStepRecord.Of(outcome.Step, outcome, manner))
                ?? plan.Steps.Select(step => StopStepRecord.Of(step, null, manner)),
            plan.Refusals.Select(static refusal => new StopRefusalRecord(refusal.Code, refusal.Why, refusal.Remedy)),
            report?.After.IsFree, report?.After.Remaining);
    }
}

/// <summary>One thing that is done so that a holder lets go of its port.</summary>
/// <param name="Action"><c>stop-unit</c>, <c>stop-container</c> or <c>signal</c>.</param>
/// <param name="Units">The units. Hostile text.</param>
/// <param name="User">The user whose manager has the units; <c>null</c> for that of the machine, and without units.</param>
/// <param name="Container">The container, or <c>null</c>.</param>
/// <param name="Pids">The processes.</param>
/// <param name="Signal">The first signal to them; <c>null</c> without processes.</param>
/// <param name="TimeoutSeconds">How long after it they are killed.</param>
/// <param name="Result">How it ended: see <see cref="StopResultNames"/>; <c>null</c> when it was not done.</param>
/// <param name="Error">Why it failed, or <c>null</c>. Hostile text.</param>
public sealed record StopStepRecord(
    string Action, IReadOnlyList<string> Units, uint? User, ContainerRecord? Container, IEnumerable<int> Pids, string? Signal,
    double TimeoutSeconds, string? Result, string? Error)
{
    /// <summary>A step as documents have it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="outcome">What became of it; <c>null</c> when it was not done.</param>
    /// <param name="manner">How it is done.</param>
    public static StopStepRecord Of(StopStep step, StopOutcome? outcome, StopManner manner)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(manner);
        var (units, container, processes) = (step as StopUnits, step as StopContainer, step as StopProcesses);
        return new StopStepRecord(
            units is not null ? "stop-unit" : container is not null ? "stop-container" : "signal", units?.Units ?? [], units?.User,
            ContainerRecord.Of(container?.Container ?? units?.Container), processes?.Processes.Select(static p => p.Pid) ?? [],
            processes is null ? null : (outcome?.Signal ?? manner.Signal).Name, manner.Timeout.TotalSeconds, outcome?.Result.Name(),
            outcome?.Failure?.Text);
    }
}

/// <summary>A holder that is left alone.</summary>
/// <param name="Code">See <see cref="StopRefusal"/>.</param>
/// <param name="Why">One sentence. Hostile text.</param>
/// <param name="Remedy">What to do instead, or <c>null</c>.</param>
public sealed record StopRefusalRecord(string Code, string Why, [property: JsonIgnore] Advice? Remedy)
{
    /// <summary>The text of <see cref="Remedy"/>.</summary>
    [JsonPropertyName("remedy")]
    public string? RemedyText => Remedy?.ToString();
}
