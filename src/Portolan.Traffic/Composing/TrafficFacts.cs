using System.Globalization;
using Portolan.Model.Registry;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Traffic.Composing;

/// <summary>What is shown of traffic beside the figures: the way of counting, roles, services, and what is not known.</summary>
public static class TrafficFacts
{
    /// <summary>The way of counting in machine formats.</summary>
    public static string Method(TrafficMethod method) => method == TrafficMethod.Tracepoints ? "tracepoints" : "polling";

    /// <summary>Which end dialled; <c>null</c> where that is not known.</summary>
    public static string? Role(FlowRole role) => role switch
    {
        FlowRole.Server => "server",
        FlowRole.Client => "client",
        _ => null,
    };

    /// <summary>The registered service of a port, or <c>null</c>.</summary>
    public static string? Service(ServiceRegistry services, TrafficRowKey key) =>
        key is { Port: { } port, Protocol: { } protocol } && protocol.Transport() is { } transport
            ? services.PrimaryNameText(port, transport)
            : null;

    /// <summary>What counts more than polling does.</summary>
    /// <param name="isPollingChosen">Whether polling was asked for.</param>
    /// <param name="isRoot">Whether the program has privilege.</param>
    public static string BetterWay(bool isPollingChosen, bool isRoot) => (isPollingChosen, isRoot) switch
    {
        (true, true) => "leave out --method polling",
        (true, false) => "leave out --method polling, and run with sudo",
        (false, true) => "Linux 6.3 and later count them, with CAP_BPF and CAP_PERFMON",
        (false, false) => "run with sudo",
    };

    /// <summary>What is not known of a summary.</summary>
    public static IReadOnlyList<MissingFact> Missing(TrafficSummary summary, string betterWay)
    {
        var missing = new List<MissingFact>(summary.Missing);
        if (summary.HiddenProcesses > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.OwnersHidden, "some owners", "processes of other users are hidden: run as root to see them"));
        }

        if (summary.Undecided > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.FilterUndecided,
                Count(summary.Undecided, "whether {0} more socket matches the filter", "whether {0} more sockets match the filter"),
                "their owners are hidden, or they ended before they could be identified"));
        }

        AddLosses(summary.Losses, betterWay, missing);
        return missing;
    }

    private static void AddLosses(TrafficLosses losses, string betterWay, List<MissingFact> missing)
    {
        if (losses.Calls > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.CallsLost,
                Count((long)losses.Calls, "{0} call or connection", "{0} calls or connections"),
                "the counter table was full, or the counting program was already running"));
        }

        if (losses.Overruns > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.ClosingReportsLost, "reports of connections that ended",
                Count(
                    losses.Overruns, "the kernel dropped some, once (ENOBUFS): too many arrived at once; ",
                    "the kernel dropped some, {0} times (ENOBUFS): too many arrived at once; ") + betterWay));
        }

        if (losses.Unreported > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.ClosingReportsAbsent,
                Count(losses.Unreported, "the last bytes of {0} connection", "the last bytes of {0} connections"),
                "the kernel did not report their end"));
        }

        if (losses.Connections > 0)
        {
            var size = losses is { EstimatedBytesIn: { } bytesIn, EstimatedBytesOut: { } bytesOut }
                ? string.Create(CultureInfo.InvariantCulture, $", an estimated {bytesIn:N0} bytes in and {bytesOut:N0} out")
                : "";
            missing.Add(new MissingFact(
                MissingFactCode.ConnectionsUnseen,
                Count(losses.Connections.Value, "{0} connection" + size, "{0} connections" + size),
                $"they opened and closed between two polls, according to the kernel's connection counter; {betterWay}"));
        }
    }

    private static string Count(long count, string one, string many) =>
        string.Format(CultureInfo.InvariantCulture, count == 1 ? one : many, count.ToString("N0", CultureInfo.InvariantCulture));
}
