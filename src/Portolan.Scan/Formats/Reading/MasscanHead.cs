using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Hands on the hosts of files that do not say what was scanned: the ports are those that are named anywhere in them.</summary>
internal static class MasscanHead
{
    /// <summary>Hands on all hosts.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="isComplete">The file ends as a finished scan's does.</param>
    /// <param name="sink">Receives the result.</param>
    /// <param name="startedAt">The first time that the file names.</param>
    public static void Tell(HostCollector hosts, bool isComplete, IResultSink sink, DateTimeOffset? startedAt = null)
    {
        var parts = new List<ScanPart>();
        foreach (var (type, protocol) in (ReadOnlySpan<(string, TransportProtocol)>)[
            ("syn", TransportProtocol.Tcp), (ScanTypes.Udp, TransportProtocol.Udp)])
        {
            parts.Add(new ScanPart(type, protocol, hosts.SeenOf(protocol)));
        }

        sink.Start(new ResultHead(parts, []) { IsScopeUnknown = true, StartedAt = startedAt, Scanner = "masscan" });
        if (!isComplete)
        {
            sink.Note("the file lacks the end of a finished scan");
        }

        foreach (var address in hosts.Addresses())
        {
            var (groups, ports) = hosts.Take(address);
            sink.Host(new ScannedHost(address, groups) { Ports = ports, Status = HostStatus.Up, Reason = ReplyReason.UnknownResponse });
        }

        sink.End(new ResultEnd(null, IsComplete: true));
    }
}
