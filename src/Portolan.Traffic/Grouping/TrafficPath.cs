using Portolan.Sockets.Filtering;
using Portolan.Traffic.Counting;

namespace Portolan.Traffic.Grouping;

/// <summary>The way that bytes take: a program, the port that was dialled, the remote address.</summary>
/// <param name="Process">The name of the program; <c>null</c> where none is known. Hostile text.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port that was dialled; <c>null</c> where that is not known.</param>
/// <param name="Role">Which end dialled.</param>
/// <param name="Remote">The remote address; <c>null</c> where there is no single one.</param>
public readonly record struct TrafficPath(
    string? Process, SocketProtocol Protocol, PortNumber? Port, FlowRole Role, InternetAddress? Remote);

/// <summary>What was counted, by the way that it took.</summary>
internal static class TrafficPaths
{
    /// <summary>Payload bytes of each way, both directions; ways without bytes are left out.</summary>
    public static IReadOnlyDictionary<TrafficPath, ulong> Of(
        TrafficReading reading, SocketFilter filter, ITrafficNames names, Func<TrafficFlow, double?> rateOf)
    {
        var judge = filter.Syntax is null ? null : new FlowFilter(filter, reading, names, rateOf);
        var paths = new Dictionary<TrafficPath, ulong>();
        foreach (var flow in reading.Flows)
        {
            if (flow is { BytesIn: null or 0, BytesOut: null or 0 } || (judge?.Judge(flow) ?? FilterResult.Yes) != FilterResult.Yes)
            {
                continue;
            }

            InternetAddress? remote = flow.RemoteAddress.IsUnspecified ? null : flow.RemoteAddress.Unmap();
            foreach (var part in ShareSplit.Of(flow))
            {
                var process = part.ProcessId == 0 ? null : names.Process(part.ProcessId, part.Share);
                var bytes = (part.BytesIn ?? 0) + (part.BytesOut ?? 0);
                if (bytes > 0)
                {
                    var path = new TrafficPath(process?.ShownName, flow.Protocol, TrafficTable.Dialled(flow), flow.Role, remote);
                    paths[path] = paths.GetValueOrDefault(path) + bytes;
                }
            }
        }

        return paths;
    }
}
