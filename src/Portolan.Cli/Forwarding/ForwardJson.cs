using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>Writes a forward as JSON Lines, <c>portolan.forward/1</c> (docs/schema/portolan.forward-1.json).</summary>
internal sealed class ForwardJson(EventLines output, Func<DateTimeOffset> now)
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.forward/1";

    /// <exception cref="IOException">It cannot be written; later lines that cannot are left out and counted.</exception>
    public void WriteStart(IReadOnlyList<ForwardPlanEntry> entries, bool dryRun, int threads, KernelPlan? kernel) =>
        output.WriteFirst(json =>
    {
        json.WriteString("schema"u8, Schema);
        WriteHead(json, "start", now());
        json.WriteBoolean("dryRun"u8, dryRun);
        json.WriteNumber("threads"u8, threads);
        WriteKernel(json, kernel);
        json.WriteStartArray("forwards"u8);
        foreach (var entry in entries)
        {
            WriteEntry(json, entry);
        }

        json.WriteEndArray();
    });

    public void WriteConnection(DateTimeOffset at, ConnectionReport report) => output.Write(json =>
    {
        WriteHead(json, "connection", at);
        json.WriteString("forward"u8, report.Forward.Name);
        if (report.Client is { } client)
        {
            json.WriteStartObject("client"u8);
            json.WriteString("address"u8, client.ToString());
            json.WriteNumber("port"u8, report.ClientPort.Value);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("client"u8);
        }

        json.WriteText("target"u8, report.Target?.ToString());
        json.WriteNumber("bytesUp"u8, report.BytesUp);
        json.WriteNumber("bytesDown"u8, report.BytesDown);
        json.WriteNumber("milliseconds"u8, (long)report.Duration.TotalMilliseconds);
        json.WriteString("cause"u8, report.Cause.Name());
    });

    public void WriteNotice(ForwardNotice notice)
    {
        if (notice.Reload is { } reload)
        {
            WriteReload(notice.At, reload);
        }
        else
        {
            WriteChange(notice);
        }
    }

    private void WriteReload(DateTimeOffset at, ForwardReload reload) => output.Write(json =>
    {
        WriteHead(json, "reload", at);
        json.WriteNumber("added"u8, reload.Changes?.Added ?? 0);
        json.WriteNumber("removed"u8, reload.Changes?.Removed ?? 0);
        json.WriteNumber("changed"u8, reload.Changes?.Changed ?? 0);
        json.WriteText("problem"u8, reload.Problem);
        json.WriteStartArray("forwards"u8);
        foreach (var entry in reload.Forwards)
        {
            WriteEntry(json, entry);
        }

        json.WriteEndArray();
    });

    private void WriteChange(ForwardNotice notice) => output.Write(json =>
    {
        WriteHead(json, notice.Target is null ? "warning" : "target", notice.At);
        if (notice.Target is { } target)
        {
            json.WriteString("forward"u8, notice.Forward!.Name);
            json.WriteString("target"u8, target.ToString());
            json.WriteBoolean("up"u8, notice.IsGood);
            json.WriteString("reason"u8, notice.Text);
        }
        else
        {
            json.WriteString("message"u8, notice.Text);
            json.WriteBoolean("over"u8, notice.IsGood);
            json.WriteText("forward"u8, notice.Forward?.Name);
            json.WriteText("cause"u8, notice.Cause?.Name());
            json.WriteText("hint"u8, notice.Hint?.ToString());
        }
    });

    public void WriteStatistics(IForwardEngine engine, long dropped) =>
        output.Write(json => WriteTotals(json, "statistics", engine, dropped));

    public void WriteEnd(IForwardEngine engine, long dropped, int reset) => output.Write(json =>
    {
        WriteTotals(json, "end", engine, dropped);
        json.WriteNumber("reset"u8, reset);
    });

    private static void WriteKernel(Utf8JsonWriter json, KernelPlan? kernel)
    {
        if (kernel is null)
        {
            json.WriteNull("kernel"u8);
            return;
        }

        json.WriteStartObject("kernel"u8);
        json.WriteStartArray("settings"u8);
        foreach (var setting in kernel.Settings)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, setting.SysctlName);
            json.WriteString("before"u8, setting.Before);
            json.WriteString("during"u8, setting.During);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("rules"u8, kernel.Rules);
        json.WriteEndObject();
    }

    private void WriteTotals(Utf8JsonWriter json, string name, IForwardEngine engine, long dropped)
    {
        WriteHead(json, name, now());
        json.WriteStartArray("forwards"u8);
        var forwards = engine.Forwards;
        for (var i = 0; i < forwards.Count; i++)
        {
            if (engine.IsGone(i))
            {
                continue;
            }

            var totals = engine.Totals(i);
            json.WriteStartObject();
            json.WriteString("forward"u8, (forwards[i] with { Listen = engine.BoundTo(i) }).Name);
            json.WriteNumber("active"u8, totals.Active);
            json.WriteNumber("connections"u8, totals.Connections);
            json.WriteNumber("bytesUp"u8, totals.BytesUp);
            json.WriteNumber("bytesDown"u8, totals.BytesDown);
            json.WriteNumber("packetsUp"u8, totals.PacketsUp);
            json.WriteNumber("packetsDown"u8, totals.PacketsDown);
            json.WriteStartObject("ended"u8);
            for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
            {
                if (totals.Ended(cause) > 0)
                {
                    json.WriteNumber(cause.Name(), totals.Ended(cause));
                }
            }

            json.WriteEndObject();
            json.WriteStartObject("datagramsLost"u8);
            for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
            {
                if (totals.Lost(cause) > 0)
                {
                    json.WriteNumber(cause.Name(), totals.Lost(cause));
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("eventsDropped"u8, dropped + output.Lost);
    }

    private static void WriteEntry(Utf8JsonWriter json, ForwardPlanEntry entry)
    {
        var spec = entry.Spec;
        var options = spec.Options;
        json.WriteStartObject();
        json.WriteString("forward"u8, spec.Name);
        json.WriteString("protocol"u8, spec.Listen.Path is null ? spec.Protocol.Name() : "unix");
        json.WriteText("address"u8, spec.Listen.Address?.ToString());
        WriteNumber(json, "port"u8, spec.Listen.Path is null ? spec.Listen.Port.Value : null);
        json.WriteText("path"u8, spec.Listen.Path);
        json.WriteStartArray("targets"u8);
        foreach (var (target, addresses) in entry.Targets)
        {
            json.WriteStartObject();
            json.WriteString("target"u8, target.ToString());
            json.WriteStartArray("addresses"u8);
            foreach (var address in addresses)
            {
                json.WriteStringValue(address.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("allow"u8);
        foreach (var prefix in options.Allow)
        {
            json.WriteStringValue(prefix.ToMachineText());
        }

        json.WriteEndArray();
        WriteNumber(json, "limit"u8, options.Limit);
        WriteNumber(json, "bytesPerSecond"u8, options.BytesPerSecond);
        WriteNumber(json, "connectionsPerSecond"u8, options.ConnectionsPerSecond);
        json.WriteBoolean("proxyIn"u8, options.ProxyIn);
        json.WriteText("proxyOut"u8, options.ProxyOut switch { 1 => "v1", 2 => "v2", _ => null });
        if (options.Idle is { } idle)
        {
            json.WriteNumber("idleSeconds"u8, idle.TotalSeconds);
        }
        else
        {
            json.WriteNull("idleSeconds"u8);
        }

        WriteNumber(json, "responses"u8, options.Responses);
        WriteNumber(json, "connectTimeoutMilliseconds"u8, (long)options.ConnectTimeout.TotalMilliseconds);
        json.WriteText("check"u8, options.Check);
        json.WriteBoolean("keepSource"u8, options.KeepsSource);
        json.WriteText("problem"u8, entry.Problem);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteHead(Utf8JsonWriter json, string name, DateTimeOffset at)
    {
        json.WriteString("event"u8, name);
        json.WriteString("time"u8, TimeText.Rfc3339(at));
    }
}

/// <summary>A forward, with what was found of it before it begins.</summary>
/// <param name="Spec">What it is to do, with the port that was chosen.</param>
/// <param name="Targets">Its targets and their addresses.</param>
/// <param name="Problem">Why it cannot be done; <c>null</c> when it can, or nobody tried.</param>
internal sealed record ForwardPlanEntry(
    ForwardSpec Spec, IReadOnlyList<(TargetPoint Target, IReadOnlyList<InternetAddress> Addresses)> Targets, string? Problem)
{
    /// <summary>With the addresses that are known.</summary>
    public static ForwardPlanEntry Of(ForwardSpec spec, ForwardNames names, string? problem) =>
        new(spec, [.. spec.Targets.Select(t => (t, names.Of(t)))], problem);
}
