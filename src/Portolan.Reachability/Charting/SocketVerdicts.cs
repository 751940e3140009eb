using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;
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

    /// <summary>The marks of the row's sockets (SO_MARK); <c>null</c> where none has one.</summary>
    internal IntervalSet? MarksOf(ChartRow row)
    {
        var marks = row.IsOwnNamespace && Refusals.ByCookie.Count > 0
            ? IntervalSet.UnionOf([.. SocketsOf(row).Select(i => IntervalSet.Of(Refusals.Of(snapshot.Sockets[i].Cookie).Mark))])
            : IntervalSet.Empty;
        return marks.Except(IntervalSet.Of(0)).IsEmpty ? null : marks;
    }

    /// <summary>The row with the verdict that its sockets leave of it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="replies">How far replies get.</param>
    internal ChartRow Of(ChartRow row, ReplyRoutes replies)
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

        var findings = Refusals.ByCookie.Count == 0 && replies.DefaultTtl >= OrdinaryClient.MostRouters ? [] : Findings(row, replies);
        if (findings.Select(static f => f.Found).MaxBy(static f => f.Extent) is not { Extent: not RefusedExtent.Nothing } worst)
        {
            return row;
        }

        return findings.TrueForAll(static f => f.Found.Extent == RefusedExtent.All)
            ? With(row, PortExposure.Blocked, $"dropped by the socket: {worst.What}")
            : worst.Extent == RefusedExtent.Unknown ? With(row, PortExposure.Unknown, $"depends on the {worst.What}")
            : Limited(row, findings, $"depends on {(worst.On.Length > 0 ? worst.On : "the socket")}: {worst.What}");
    }

    private static ChartRow With(ChartRow row, PortExposure exposure, string summary) => row with
    {
        Exposure = exposure,
        Verdict = row.Verdict with
        {
            Decision = exposure == PortExposure.Unknown ? FirewallDecision.Depends : row.Verdict.Decision,
            Summary = summary,
            From = [],
            Partly = [],
            PartlyHow = null,
            Undecided = exposure == PortExposure.Unknown ? [.. row.Verdict.From, .. row.Verdict.Partly, .. row.Verdict.Undecided] : [],
        },
    };

    // Those who get in are fewer than rules let in.
    private static ChartRow Limited(ChartRow row, List<(bool IsIPv4, SocketFinding Found)> findings, string summary)
    {
        var verdict = row.Verdict;
        foreach (var family in findings.GroupBy(static f => f.IsIPv4))
        {
            verdict = Within(verdict, family.Key, [.. family.Select(static f => f.Found).Distinct()]);
        }

        return row with
        {
            Exposure = PortExposure.Limited,
            Verdict = verdict with
            {
                Decision = verdict.From.Count == 0 ? FirewallDecision.Depends : verdict.Decision,
                Summary = row.Exposure == PortExposure.Limited ? $"{verdict.Summary}; {summary}" : summary,
            },
        };
    }

    private static PortVerdict Within(PortVerdict verdict, bool isIPv4, SocketFinding[] findings)
    {
        var ours = verdict.From.Where(p => p.Contains(':', StringComparison.Ordinal) != isIPv4).ToList();
        if (ours.Count == 0 || Array.TrueForAll(findings, static f => f.Extent == RefusedExtent.Nothing))
        {
            return verdict;
        }

        IReadOnlyList<string> others = [.. verdict.From.Except(ours)];
        return findings switch
        {
            [{ Extent: RefusedExtent.All }] => verdict with { From = others },
            [{ Extent: RefusedExtent.Some, Senders: { } refused }] => verdict with { From = [.. others, .. Except(ours, refused, isIPv4)] },
            [{ Extent: RefusedExtent.Some } some] => verdict with
            {
                From = others,
                Partly = [.. verdict.Partly, .. ours],
                PartlyHow = verdict.PartlyHow ?? some.Part,
            },

            // Sockets that share the port refuse different things.
            _ => verdict with { From = others, Undecided = [.. verdict.Undecided, .. ours] },
        };
    }

    private static IEnumerable<string> Except(List<string> prefixes, IntervalSet refused, bool isIPv4)
    {
        var rest = IntervalSet.From(prefixes.Select(static p => AddressPrefix.TryParse(p, out var prefix)
            ? new Interval(prefix.Address.Number, prefix.Last.Number)
            : throw new FormatException(p))).Except(refused);
        return PrefixCover.Find(rest, IntervalSet.All(isIPv4 ? 32 : 128), isIPv4).Select(static p => p.ToMachineText());
    }

    private List<(bool IsIPv4, SocketFinding Found)> Findings(ChartRow row, ReplyRoutes replies)
    {
        var found = new List<(bool IsIPv4, SocketFinding Found)>();
        foreach (var index in SocketsOf(row))
        {
            ref readonly var entry = ref snapshot.Sockets[index];
            var bind = PortBind.Of(entry);
            var refusal = Refusals.Of(entry.Cookie);
            found.AddRange(bind.TakesIPv4 ? [(true, SocketJudge.Of(refusal, row.Protocol, isIPv4: true, senders: null, replies))] : []);
            found.AddRange(bind.TakesIPv6 ? [(false, SocketJudge.Of(refusal, row.Protocol, isIPv4: false, senders: null, replies))] : []);
        }

        return found;
    }

    private IEnumerable<int> SocketsOf(ChartRow row) =>
        Sockets[(row.Port.Value, row.Protocol == TransportProtocol.Tcp ? SocketProtocol.Tcp : SocketProtocol.Udp)].Where(
            i => PortBind.Of(snapshot.Sockets[i]) is { IsLocal: false } bind && row.Binds.Contains(bind));

    private ILookup<(ushort Port, SocketProtocol Protocol), int> Listening() => Enumerable.Range(0, snapshot.Sockets.Count)
        .Where(i => snapshot.Namespaces[snapshot.Sockets[i].NamespaceIndex].IsOwn && snapshot.Sockets[i] is
        { State: SocketState.Listen, Protocol: SocketProtocol.Tcp } or { State: SocketState.Unconnected, Protocol: SocketProtocol.Udp })
        .ToLookup(i => (snapshot.Sockets[i].LocalPort, snapshot.Sockets[i].Protocol));
}
