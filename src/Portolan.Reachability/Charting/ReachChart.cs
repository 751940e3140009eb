using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>Joins the chart with the firewall: who can reach each port, and ports that are sent on to listeners elsewhere.</summary>
/// <param name="facts">The sockets that the chart was built from.</param>
/// <param name="read">Reads the rules of a namespace; asked once for each.</param>
/// <param name="make">Makes the judge of rules.</param>
public sealed class ReachChart(MachineFacts facts, Func<NetworkNamespace, FirewallReading> read, Func<Ruleset, HostFacts, Judgement> make)
{
    private readonly Dictionary<int, NamespaceJudge?> _judges = [];
    private ListeningSockets? _listening;
    private readonly List<MissingFact> _missing = [];

    /// <summary>What could not be judged, and why.</summary>
    public IReadOnlyList<MissingFact> Missing => _missing;

    /// <summary>Whether it is privilege that was missing in the own namespace.</summary>
    public bool LacksPrivilege { get; private set; }

    /// <summary>The judge of the caller's own namespace; <c>null</c> where it was not judged.</summary>
    public NamespaceJudge? Own => _judges.GetValueOrDefault(0);

    /// <summary>The chart with verdicts.</summary>
    public ChartModel Judge(ChartModel chart, CancellationToken cancellationToken)
    {
        var rows = new List<ChartRow>(chart.Rows.Count);
        foreach (var row in chart.Rows)
        {
            rows.Add(row.Exposure == PortExposure.Local || JudgeOf(row.NamespaceIndex) is not { } judge ? row : WithVerdict(row, judge, cancellationToken));
        }

        var warnings = chart.Warnings.ToList();
        if (JudgeOf(0) is { } own)
        {
            rows.AddRange(Published(own, rows, cancellationToken));
            warnings.AddRange(new NeighbourDiscovery(own).Warnings(cancellationToken));
        }

        return chart with
        {
            Rows = [.. rows.OrderBy(r => r.NamespaceIndex).ThenBy(r => r.Group).ThenBy(r => r.Port.Value).ThenBy(r => r.Protocol)],
            Warnings = warnings,
        };
    }

    private NamespaceJudge? JudgeOf(int namespaceIndex)
    {
        if (!_judges.TryGetValue(namespaceIndex, out var judge))
        {
            var reading = read(facts.Snapshot.Namespaces[namespaceIndex]);
            if (!NamespaceJudge.TryCreate(reading, make, out judge))
            {
                _missing.Add(reading.Missing ?? new MissingFact("the firewall's rules", "they were not looked at"));
                LacksPrivilege |= namespaceIndex == 0 && reading.LacksPrivilege;
            }
            else
            {
                _missing.AddRange(judge.Rules.Missing);
                _missing.AddRange(judge.Host.Missing);
            }

            _judges[namespaceIndex] = judge;
        }

        return judge;
    }

    private ChartRow WithVerdict(ChartRow row, NamespaceJudge judge, CancellationToken cancellationToken)
    {
        var reach = judge.Reach(row.Binds, row.Protocol, row.Port, cancellationToken, (region, isIPv4) => IsTaken(region, row.NamespaceIndex, row.Protocol, isIPv4));
        var (exposure, verdict) = PortSummary.Of(reach);
        return row with { Exposure = exposure, Verdict = verdict, Notes = [.. row.Notes, .. new ReachNotes(judge, row, reach).Find(cancellationToken)] };
    }

    /// <summary>Ports that rules send on to another machine or namespace while nothing listens on them here.</summary>
    private IEnumerable<ChartRow> Published(NamespaceJudge judge, IReadOnlyList<ChartRow> rows, CancellationToken cancellationToken)
    {
        var taken = rows.Where(r => r is { NamespaceIndex: 0, Exposure: not PortExposure.Local }).Select(r => (r.Port.Value, r.Protocol)).ToHashSet();
        var ports = PortMentions.InTranslations(judge.Rules);
        if (ports.Count >= PortMentions.Most)
        {
            _missing.Add(new MissingFact("ports that rules send on", $"rules name more than can be asked about; {PortMentions.Most} of them are looked at"));
        }

        foreach (var port in ports)
        {
            foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
            {
                if (port != 0 && !taken.Contains((port, protocol)) && PublishedRow(judge, new PortNumber(port), protocol, cancellationToken) is { } row)
                {
                    yield return row;
                }
            }
        }
    }

    private ChartRow? PublishedRow(NamespaceJudge judge, PortNumber port, TransportProtocol protocol, CancellationToken cancellationToken)
    {
        PortBind[] everywhere = [new(InternetAddress.AnyIPv4, false, 0), new(InternetAddress.AnyIPv6, false, 0)];

        // Only what is translated counts: for the rest nothing listens.
        var reach = judge.Reach(everywhere, protocol, port, cancellationToken, (region, isIPv4) => region.Outcome.Translation is not null && IsTaken(region, 0, protocol, isIPv4));
        var sent = reach.SelectMany(r => r.Shares).FirstOrDefault(s => s.Region.Outcome.Translation is not null);
        if (sent is null)
        {
            return null;
        }

        var (exposure, verdict) = PortSummary.Of([.. reach.Where(r => r.Shares.Any(s => s.Region.Outcome.Translation is not null))]);
        return new ChartRow
        {
            NamespaceIndex = 0,
            IsOwnNamespace = true,
            Port = port,
            Protocol = protocol,
            Binds = [],
            Owner = new PortOwner { Kind = OwnerKind.Forwarded, Name = Target(sent.Region.Outcome.Translation!, port), Processes = [] },
            Exposure = exposure,
            Verdict = verdict,
        };
    }

    /// <summary>Whether a socket takes what ends here. What no rule translates ends at the port asked about.</summary>
    private bool IsTaken(FlowRegion region, int namespaceIndex, TransportProtocol protocol, bool isIPv4) =>
        region.Outcome.Translation is null || (_listening ??= new ListeningSockets(facts.Snapshot)).Take(region, namespaceIndex, protocol, isIPv4);

    /// <summary>Where a translation leads, such as <c>172.17.0.2:5432</c>, or <c>port 8080</c> of this machine.</summary>
    internal static string Target(Translation translation, PortNumber port)
    {
        var number = translation.Port ?? port.Value;
        return translation.Address switch
        {
            { IsIPv4: true } address => string.Create(CultureInfo.InvariantCulture, $"{address}:{number}"),
            { } address => string.Create(CultureInfo.InvariantCulture, $"[{address}]:{number}"),
            null => string.Create(CultureInfo.InvariantCulture, $"port {number}"),
        };
    }
}
