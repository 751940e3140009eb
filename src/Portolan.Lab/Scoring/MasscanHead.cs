using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Tells hosts of files that do not say what was scanned: the ports are those that are named anywhere in them.</summary>
internal static class MasscanHead
{
    /// <summary>Tells all hosts.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="isComplete">The file ends as a finished scan's does.</param>
    /// <param name="sink">Receives the result.</param>
    public static void Tell(HostTable hosts, bool isComplete, IResultSink sink)
    {
        var parts = new List<ScanPart>();
        foreach (var (type, protocol) in (ReadOnlySpan<(string, TransportProtocol)>)[
            ("syn", TransportProtocol.Tcp), (ScanTypes.Udp, TransportProtocol.Udp)])
        {
            parts.Add(new ScanPart(type, protocol, hosts.SeenOf(protocol)));
        }

        sink.Start(new ResultHead(parts, []));
        if (!isComplete)
        {
            sink.Note("the file does not end as a finished scan's does");
        }

        foreach (var address in hosts.Addresses())
        {
            sink.Host(new ScannedHost(address, hosts.Take(address)));
        }

        sink.End(null, isComplete: true);
    }
}
