using System.Globalization;
using Portolan.Forwarding.Metrics;

namespace Portolan.Server.Hosting;

/// <summary>Lines of Prometheus' text format 0.0.4. What is unknown has no sample.</summary>
internal static class MetricText
{
    /// <summary>What a metric is.</summary>
    internal static void Head(Utf8Writer output, string prefix, string name, string type, string help) =>
        output.Write($"# HELP {prefix}{name} {help}\n# TYPE {prefix}{name} {type}\n");

    /// <summary>A value of it.</summary>
    internal static void Sample(Utf8Writer output, string prefix, string name, double? value, params (string Name, string Value)[] labels)
    {
        if (value is { } number)
        {
            var list = string.Join(',', labels.Select(static l => $"{l.Name}=\"{PrometheusText.Escape(l.Value)}\""));
            output.Write(string.Create(
                CultureInfo.InvariantCulture, $"{prefix}{name}{(list.Length == 0 ? "" : $"{{{list}}}")} {number:R}\n"));
        }
    }

    /// <summary>A time as a value.</summary>
    internal static double? Seconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds() / 1000.0;
}
