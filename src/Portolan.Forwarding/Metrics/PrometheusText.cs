using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Statistics;

namespace Portolan.Forwarding.Metrics;

/// <summary>Writes what forwards count in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).</summary>
public static class PrometheusText
{
    /// <summary>What an HTTP answer calls it.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes all metrics.</summary>
    public static void Write(IForwardEngine engine, Utf8Writer output)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(output);
        var forwards = engine.Forwards;
        var names = Enumerable.Range(0, forwards.Count)
            .Select(i => engine.IsGone(i) ? null : Escape((forwards[i] with { Listen = engine.BoundTo(i) }).Name)).ToList();
        var totals = Enumerable.Range(0, names.Count).Select(engine.Totals).ToList();
        Family(
            output, names, "connections_total", "counter", "Connections accepted, or UDP flows started.",
            i => totals[i].Connections);
        Family(output, names, "connections_active", "gauge", "Open connections or flows.", i => totals[i].Active);
        Head(output, "received_bytes_total", "counter", "Bytes read, by direction.");
        for (var i = 0; i < totals.Count; i++)
        {
            Sample(output, "received_bytes_total", names[i], totals[i].BytesUp, "from", "client");
            Sample(output, "received_bytes_total", names[i], totals[i].BytesDown, "from", "target");
        }

        Head(output, "received_datagrams_total", "counter", "Datagrams read, by direction.");
        for (var i = 0; i < totals.Count; i++)
        {
            Sample(output, "received_datagrams_total", names[i], totals[i].PacketsUp, "from", "client");
            Sample(output, "received_datagrams_total", names[i], totals[i].PacketsDown, "from", "target");
        }

        Head(output, "connections_ended_total", "counter", "Connections or flows that ended, by cause.");
        for (var i = 0; i < totals.Count; i++)
        {
            for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
            {
                Sample(output, "connections_ended_total", names[i], totals[i].Ended(cause), "cause", cause.Name());
            }
        }

        Head(output, "datagrams_lost_total", "counter", "Datagrams lost in this program, by cause.");
        for (var i = 0; i < totals.Count; i++)
        {
            for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
            {
                if (totals[i].Lost(cause) is var lost and > 0)
                {
                    Sample(output, "datagrams_lost_total", names[i], lost, "cause", cause.Name());
                }
            }
        }

        WriteTargets(engine, names, output);
        WriteDescriptors(engine, output);
    }

    private static void WriteTargets(IForwardEngine engine, List<string?> names, Utf8Writer output)
    {
        var targets = Enumerable.Range(0, names.Count).Select(engine.TargetTotals).ToList();
        foreach (var (name, type, help, read) in new (string, string, string, Func<TargetTotals, long?>)[]
        {
            ("target_up", "gauge", "Whether the target receives connections.", t => t.IsUp ? 1 : 0),
            ("target_connections_active", "gauge", "Open connections to a target.", t => t.Active),
            ("target_connections_total", "counter", "Connections made to a target.", t => t.Connections),
            ("target_failures_total", "counter", "Failed connections to a target, counted per address.", t => t.Failures),
        })
        {
            if (!targets.Exists(all => all.Any(t => read(t) is not null)))
            {
                continue;
            }

            Head(output, name, type, help);
            for (var i = 0; i < targets.Count; i++)
            {
                // A target that is named twice is one series.
                foreach (var same in targets[i].GroupBy(static t => t.Target.ToString(), StringComparer.Ordinal))
                {
                    if (same.Select(read).Where(static v => v is not null).ToList() is { Count: > 0 } values)
                    {
                        Sample(output, name, names[i], (name == "target_up" ? values.Max() : values.Sum())!.Value, "target", same.Key);
                    }
                }
            }
        }
    }

    private static void WriteDescriptors(IForwardEngine engine, Utf8Writer output)
    {
        if (engine.Descriptors is { } descriptors)
        {
            Head(output, "descriptors_used", "gauge", "Descriptors used by connections and pipes.");
            output.Write($"portolan_forward_descriptors_used {descriptors.Used}\n");
            Head(output, "descriptors_limit", "gauge", "Descriptors available to connections and pipes.");
            output.Write($"portolan_forward_descriptors_limit {descriptors.Limit}\n");
        }
    }

    private static void Family(Utf8Writer output, List<string?> names, string name, string type, string help, Func<int, long> read)
    {
        Head(output, name, type, help);
        for (var i = 0; i < names.Count; i++)
        {
            Sample(output, name, names[i], read(i), null, null);
        }
    }

    private static void Head(Utf8Writer output, string name, string type, string help) =>
        output.Write($"# HELP portolan_forward_{name} {help}\n# TYPE portolan_forward_{name} {type}\n");

    private static void Sample(Utf8Writer output, string name, string? forward, long value, string? label, string? labelValue)
    {
        if (forward is null)
        {
            return;
        }

        output.Write($"portolan_forward_{name}{{forward=\"{forward}\"");
        if (label is not null)
        {
            output.Write($",{label}=\"{Escape(labelValue!)}\"");
        }

        output.Write($"}} {value}\n");
    }

    /// <summary>A backslash, a quote and a line's end are written with a backslash.</summary>
    public static string Escape(string value) => value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
        ? value
        : value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace(
            "\n", "\\n", StringComparison.Ordinal);
}
