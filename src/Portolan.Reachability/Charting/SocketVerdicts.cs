using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>Verdicts of rows that rules leave open, and whose sockets refuse packets themselves.</summary>
/// <param name="snapshot">The sockets that the chart was built from.</param>
/// <param name="read">Reads what sockets of the own namespace refuse; asked once, when a row is open.</param>
internal sealed class SocketVerdicts(SocketSnapshot snapshot, Func<SocketRefusals> read)
{
    private SocketRefusals Refusals => field ??= read();

    private ILookup<(ushort Port, SocketProtocol Protocol), int> Sockets => field ??= Listening();

    /// <summary>The row with the verdict that its sockets leave of it.</summary>
    internal ChartRow Of(ChartRow row)
    {
        if (!row.IsOwnNamespace || row.Exposure is not (PortExposure.Reachable or PortExposure.Limited)
            || row.Protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp) || row.Binds.Count == 0)
        {
            return row;
        }

        if (Refusals.LookupPrograms > 0)
        {
            return With(row, PortExposure.Unknown, "depends on a BPF sk_lookup program");
        }

        var findings = Refusals.ByCookie.Count == 0 ? [] : Findings(row);
        if (findings.MaxBy(static f => f.Extent) is not { Extent: not RefusedExtent.Nothing } worst)
        {
            return row;
        }

        return findings.TrueForAll(static f => f.Extent == RefusedExtent.All)
            ? With(row, PortExposure.Blocked, $"dropped by the socket: {worst.What}")
            : worst.Extent == RefusedExtent.Unknown ? With(row, PortExposure.Unknown, $"depends on the {worst.What}")
            : With(row, PortExposure.Limited, $"depends on {(worst.On.Length > 0 ? worst.On : "the socket")}: {worst.What}");
    }

    private static ChartRow With(ChartRow row, PortExposure exposure, string summary) => row with
    {
        Exposure = exposure,
        Verdict = exposure == PortExposure.Limited
            ? row.Verdict with { Summary = row.Exposure == PortExposure.Limited ? $"{row.Verdict.Summary}; {summary}" : summary }
            : row.Verdict with { Summary = summary, From = [], Partly = [], PartlyHow = null },
    };

    private List<SocketFinding> Findings(ChartRow row)
    {
        var protocol = row.Protocol == TransportProtocol.Tcp ? SocketProtocol.Tcp : SocketProtocol.Udp;
        var found = new List<SocketFinding>();
        foreach (var index in Sockets[(row.Port.Value, protocol)])
        {
            ref readonly var entry = ref snapshot.Sockets[index];
            var bind = PortBind.Of(entry);
            if (!row.Binds.Contains(bind) || bind.IsLocal)
            {
                continue;
            }

            var refusal = Refusals.Of(entry.Cookie);
            found.AddRange(bind.TakesIPv4 ? [SocketJudge.Of(refusal, row.Protocol, isIPv4: true, senders: null)] : []);
            found.AddRange(bind.TakesIPv6 ? [SocketJudge.Of(refusal, row.Protocol, isIPv4: false, senders: null)] : []);
        }

        return found;
    }

    private ILookup<(ushort Port, SocketProtocol Protocol), int> Listening() => Enumerable.Range(0, snapshot.Sockets.Count)
        .Where(i => snapshot.Namespaces[snapshot.Sockets[i].NamespaceIndex].IsOwn && snapshot.Sockets[i] is
            { State: SocketState.Listen, Protocol: SocketProtocol.Tcp } or { State: SocketState.Unconnected, Protocol: SocketProtocol.Udp })
        .ToLookup(i => (snapshot.Sockets[i].LocalPort, snapshot.Sockets[i].Protocol));
}
