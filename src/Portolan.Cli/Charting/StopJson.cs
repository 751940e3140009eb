using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>Writes a stop, planned or done, as <c>portolan.stop/1</c> (docs/schema/portolan.stop-1.json).</summary>
internal sealed class StopJson(StopLook look, StopManner manner, Func<uint, string?> userName)
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.stop/1";

    /// <summary>Writes the document's members but for the braces. <paramref name="report"/> is <c>null</c> when nothing was done.</summary>
    public void Write(Utf8JsonWriter json, int port, bool isDryRun, StopReport? report, DateTimeOffset takenAt, string host)
    {
        var (facts, holders, plan) = look;
        IReadOnlyList<StopStep> steps = report is null ? plan.Steps : [.. report.Outcomes.Select(static o => o.Step)];
        var missing = HiddenOwners.Missing(facts, holders.Count(h => h.Owner.Kind == OwnerKind.Hidden));
        JsonHead.WriteHead(json, Schema, takenAt, host, report?.Unread is { } unread ? [.. missing, unread] : missing);
        json.WriteNumber("port"u8, port);
        json.WriteBoolean("dryRun"u8, isDryRun);
        json.WriteStartArray("holders"u8);
        foreach (var holder in holders)
        {
            JsonSerializer.Serialize(json, HolderRecord.Of(holder, facts, userName), ReachabilityDocuments.Default.HolderRecord);
        }

        json.WriteEndArray();
        json.WriteStartArray("steps"u8);
        for (var i = 0; i < steps.Count; i++)
        {
            json.WriteStartObject();
            var outcome = report?.Outcomes[i];
            WriteStep(json, steps[i], outcome?.Signal ?? manner.Signal);
            json.WriteText("result"u8, outcome is null ? null : ResultName(outcome.Result));
            json.WriteText("error"u8, outcome?.Failure?.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("refused"u8);
        foreach (var refusal in plan.Refusals)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, refusal.Code);
            json.WriteString("why"u8, refusal.Why);
            json.WriteText("remedy"u8, refusal.Remedy?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (report?.After is not { } after)
        {
            json.WriteNull("free"u8);
            json.WriteNull("remaining"u8);
            return;
        }

        json.WriteBoolean("free"u8, after.IsFree);
        json.WriteStartArray("remaining"u8);
        foreach (var text in after.Remaining)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private void WriteStep(Utf8JsonWriter json, StopStep step, StopSignal first)
    {
        json.WriteString("action"u8, step switch
        {
            StopUnits => "stop-unit",
            StopContainer => "stop-container",
            _ => "signal",
        });
        json.WriteStartArray("units"u8);
        foreach (var unit in step is StopUnits units ? units.Units : [])
        {
            json.WriteStringValue(unit);
        }

        json.WriteEndArray();
        if ((step as StopUnits)?.User is { } user)
        {
            json.WriteNumber("user"u8, user);
        }
        else
        {
            json.WriteNull("user"u8);
        }

        json.WritePropertyName("container"u8);
        JsonSerializer.Serialize(
            json, ContainerRecord.Of((step as StopContainer)?.Container ?? (step as StopUnits)?.Container),
            ReachabilityDocuments.Default.ContainerRecord);
        json.WriteStartArray("pids"u8);
        foreach (var process in step is StopProcesses processes ? processes.Processes : [])
        {
            json.WriteNumberValue(process.Pid);
        }

        json.WriteEndArray();
        json.WriteText("signal"u8, step is StopProcesses ? first.Name : null);
        json.WriteNumber("timeoutSeconds"u8, manner.Timeout.TotalSeconds);
    }

    private static string ResultName(StopResult result) => result switch
    {
        StopResult.Stopped => "stopped",
        StopResult.Killed => "killed",
        StopResult.AlreadyGone => "already-gone",
        _ => "failed",
    };
}
