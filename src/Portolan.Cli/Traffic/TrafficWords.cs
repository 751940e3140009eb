using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>What the command says of traffic in words.</summary>
internal static class TrafficWords
{
    /// <summary>The way of counting, for people.</summary>
    public static string Describe(TrafficMethod method) => method == TrafficMethod.Tracepoints
        ? "counted at the kernel's tracepoints sock_send_length, sock_recv_length and inet_sock_set_state, and from tcp_info"
        : "tcp_info polled, plus the kernel's reports of closed connections: TCP only";

    /// <summary>The service of a port as a guess for people; <c>null</c> where the program that serves the port says more.</summary>
    public static string? LikelyService(CommandContext context, TrafficRow row) =>
        row.Key.Port is { } port
            ? ServiceWords.Guess(
                TrafficFacts.Service(context.Machine.Services, row.Key), port, row is { Key.Role: FlowRole.Server, Owners.Count: > 0 })
            : null;

    /// <summary>What counts more than polling does.</summary>
    public static string BetterWay(TrafficRequest request) =>
        TrafficFacts.BetterWay(request.Method == TrafficMethod.Polling, Survey.IsRoot);
}
