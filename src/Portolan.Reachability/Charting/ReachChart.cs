using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Forwarding;
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
    /// <summary>
    /// How many moments of a rule about the time are tried for each row: enough for the next day's hours, or the next week's days.
    /// </summary>
    private const int MostMoments = 10;

    /// <summary>With fewer rows each is judged for itself: that is less to start with.</summary>
    private const int Many = 64;

    /// <summary>Most namespaces need far less than their share; what those that need more have begun is begun again.</summary>
    private const int FirstPart = 4;

    private readonly Dictionary<int, NamespaceJudge?> _judges = [];
    private readonly Dictionary<ulong, NamespaceJudge?> _others = [];
    private readonly Dictionary<int, AlikePorts> _alike = [];
    private readonly List<(ChartRow Row, string Note)> _proxies = [];
    private ListeningSockets? _listening;
    private SocketSnapshot? _everywhere;
    private readonly List<MissingFact> _missing = [];
    private EvaluationBudget? _share;
    private int _rows;

    /// <summary>
    /// The sockets of all namespaces; asked for when rules send packets on. <c>null</c> where they are those of the chart.
    /// </summary>
    public Func<SocketSnapshot>? Everywhere { get; init; }

    /// <summary>Verdicts of the reading before, and of this one for the next; <c>null</c> where there is but one.</summary>
    public VerdictMemory? Memory { get; init; }

    /// <summary>Reads what sockets of the own namespace refuse themselves; asked when rules leave a port open.</summary>
    public Func<SocketRefusals> Refusals { get; init; } = static () => SocketRefusals.NotAsked;

    private SocketVerdicts Sockets => field ??= new SocketVerdicts(facts.Snapshot, Refusals);

    /// <summary>Adds to a forward of Portolan the processes that hold it.</summary>
    public Func<PortForward, PortForward> WithHolders { get; init; } = static forward => forward;

    /// <summary>What could not be judged, and why.</summary>
    public IReadOnlyList<MissingFact> Missing => _missing;

    /// <summary>Whether it is privilege that was missing in the own namespace.</summary>
    public bool LacksPrivilege { get; private set; }

    /// <summary>The judge of the caller's own namespace; <c>null</c> where it was not judged.</summary>
    public NamespaceJudge? Own => _judges.GetValueOrDefault(0);

    /// <summary>How long all of it may take; <c>null</c> for as long as it needs.</summary>
    public EvaluationBudget? Time { get; init; }

    /// <summary>The chart with verdicts.</summary>
    public ChartModel Judge(ChartModel chart, CancellationToken cancellationToken)
    {
        return Join([.. JudgeEach(chart, cancellationToken)]);
    }

    /// <summary>The parts of <see cref="JudgeEach"/> as one chart.</summary>
    public static ChartModel Join(IReadOnlyList<ChartModel> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return parts[0] with { Rows = [.. parts.SelectMany(static p => p.Rows).OrderBy(static r => r.NamespaceIndex)] };
    }

    /// <summary>One row with its verdict, without the lines below it.</summary>
    public ChartRow JudgeOne(ChartRow row, CancellationToken cancellationToken)
    {
        try
        {
            using (_share = Time?.Share(1))
            {
                return WithVerdict(row, cancellationToken).Row;
            }
        }
        finally
        {
            _share = null;
        }
    }

    /// <summary>
    /// The chart with verdicts in parts, each as soon as it is judged: first what is not of another network namespace, then each of these.
    /// </summary>
    /// <remarks>
    /// The time is shared out: this namespace has half of it where there are others. Each of them has a part of its fair share at first;
    /// those that need more share at the end what is left.
    /// </remarks>
    public IEnumerable<ChartModel> JudgeEach(ChartModel chart, CancellationToken cancellationToken)
    {
        _rows = chart.Rows.Count;
        List<IGrouping<int, ChartRow>> others =
            [.. chart.Rows.Where(static r => r.NamespaceIndex != 0).GroupBy(static r => r.NamespaceIndex)];
        using (_share = Time?.Share(others.Count == 0 ? 1 : 2))
        {
            yield return OwnPart(chart with { Rows = [.. chart.Rows.Where(static r => r.NamespaceIndex == 0)] }, cancellationToken);
        }

        List<OtherPart> open = [.. others.OrderBy(static g => g.Key).Select(static g => new OtherPart([.. g]))];
        for (var isAgain = false; open.Count > 0; isAgain = true)
        {
            var late = new List<OtherPart>();
            for (var i = 0; i < open.Count; i++)
            {
                using (_share = Time?.Share((open.Count - i) * (isAgain ? 1 : FirstPart)))
                {
                    open[i].Judge(this, cancellationToken);
                    if (_share is { HasCut: true } && !isAgain)
                    {
                        late.Add(open[i]);
                        continue;
                    }
                }

                yield return chart with { Rows = InOrder(Final(open[i].Judged)), Warnings = [] };
            }

            open = late;
        }

        _share = null;
    }

    /// <summary>The rows of another namespace: those that have a verdict keep it when it is tried again.</summary>
    private sealed class OtherPart(List<ChartRow> rows)
    {
        public List<JudgedRow> Judged { get; private set; } = rows.ConvertAll(static r => new JudgedRow(r, null, IsWhole: false));

        public void Judge(ReachChart chart, CancellationToken cancellationToken)
        {
            Judged = Judged.ConvertAll(j => j.IsWhole ? j : chart.WithVerdict(j.Row, cancellationToken));

            // What the verdicts stand without comes behind the last of them.
            Judged = Judged.ConvertAll(j => chart.WithNotes(j, cancellationToken));
        }
    }

    /// <summary>A row with its verdict.</summary>
    /// <param name="Row">The row.</param>
    /// <param name="Reach">Who reaches it; <c>null</c> where that was not judged, and where no line below the row can come of it.</param>
    /// <param name="IsWhole">Whether nothing was left out for want of time.</param>
    private sealed record JudgedRow(ChartRow Row, IReadOnlyList<FamilyReach>? Reach, bool IsWhole)
    {
        /// <summary>The row with the lines below it; <c>null</c> where these were not looked for.</summary>
        public ChartRow? Noted { get; init; }

        /// <summary>Whether no such line was left out for want of time.</summary>
        public bool HasNotes { get; init; }
    }

    private ChartModel OwnPart(ChartModel chart, CancellationToken cancellationToken)
    {
        var judged = new List<JudgedRow>(chart.Rows.Count);
        var own = JudgeOf(0);
        var forwards = own is null ? [] : PortForwards.OfPortolan(own.Rules).Select(WithHolders).ToList();
        foreach (var found in chart.Rows)
        {
            var forward = forwards.Find(f => Holds(found, f));
            judged.Add(WithVerdict(forward is null ? found : found with { Forward = forward }, cancellationToken));
        }

        var rows = judged.ConvertAll(static j => j.Row);
        if (own is not null)
        {
            rows.AddRange(
                forwards.Where(f => !rows.Exists(r => r.Forward == f)).Select(f => ForwardRow(own, f, cancellationToken)).ToList());
            AddPublished(own, rows, cancellationToken);
        }

        // What the verdicts stand without comes behind the last of them.
        rows = [.. Final(judged.ConvertAll(j => WithNotes(j, cancellationToken))), .. rows.Skip(judged.Count)];
        foreach (var (row, note) in _proxies)
        {
            rows = rows.ConvertAll(r => r.Binds.Count > 0 && IsSameListener(r, row) ? r with { Notes = [.. r.Notes, note] } : r);
        }

        IReadOnlyList<ChartWarning> warnings = own is null ? [] : Within(
            token => new NeighbourReach(own).Warnings(token).ToList(),
            () => Late<List<ChartWarning>>([], MissingFactCode.NeighbourDiscoveryNotInTime, "neighbour discovery"),
            cancellationToken);
        return chart with { Rows = InOrder(rows), Warnings = [.. chart.Warnings, .. warnings] };
    }

    private static List<ChartRow> InOrder(IEnumerable<ChartRow> rows) =>
        [.. rows.OrderBy(static r => r.NamespaceIndex).ThenBy(static r => r.Group).ThenBy(static r => r.Port.Value).ThenBy(
            static r => r.Protocol)];

    private T Within<T>(Func<CancellationToken, T> judge, Func<T> otherwise, CancellationToken cancellationToken) =>
        _share is { } time ? time.Within(judge, otherwise) : judge(cancellationToken);

    // One line for each kind of thing that was late, not for each thing.
    private T Late<T>(T left, MissingFactCode code, string what)
    {
        AddLate(code, what);
        return left;
    }

    private void AddLate(MissingFactCode code, string what)
    {
        var fact = new MissingFact(code, what, Time!.WhyInFull);
        if (!_missing.Contains(fact))
        {
            _missing.Add(fact);
        }
    }

    private List<ChartRow> Final(IReadOnlyList<JudgedRow> judged)
    {
        if (judged.Any(static j => !j.IsWhole))
        {
            AddLate(MissingFactCode.ReachNotInTime, "who can reach some ports");
        }

        if (judged.Any(static j => j is { Reach: not null, HasNotes: false }))
        {
            AddLate(
                MissingFactCode.NotesNotInTime,
                "notes below some ports, about time-dependent answers and rules that a forward bypasses");
        }

        return [.. judged.Select(static j => j.Noted ?? j.Row)];
    }

    private NamespaceJudge? JudgeOf(int namespaceIndex)
    {
        if (!_judges.TryGetValue(namespaceIndex, out var judge))
        {
            var reading = read(facts.Snapshot.Namespaces[namespaceIndex]);
            if (!NamespaceJudge.TryCreate(reading, make, out judge))
            {
                _missing.Add(reading.Missing ?? FirewallReading.NotAsked);
                LacksPrivilege |= namespaceIndex == 0 && reading.LacksPrivilege;
            }
            else
            {
                var space = namespaceIndex == 0 ? null : facts.Snapshot.Namespaces[namespaceIndex];
                _missing.AddRange(judge.Rules.Missing.Concat(judge.Host.Missing).Select(fact => fact with { Namespace = space }));
            }

            _judges[namespaceIndex] = judge;
        }

        return judge;
    }

    private JudgedRow WithVerdict(ChartRow row, CancellationToken cancellationToken)
    {
        if (row.Exposure == PortExposure.Local)
        {
            return new JudgedRow(row, null, IsWhole: true);
        }

        return Within(
            token =>
            {
                if (JudgeOf(row.NamespaceIndex) is not { } judge)
                {
                    return new JudgedRow(row, null, IsWhole: true);
                }

                var marks = MarksOf(judge, row);
                var memory = row.NamespaceIndex == 0 && marks is null ? Memory : null;
                if (memory?.Find(row) is { } known)
                {
                    return new JudgedRow(Sockets.Of(known, judge.Replies), null, IsWhole: true);
                }

                var (reach, exposure, verdict) = Reach(judge, row, marks, token);
                var judged = row with { Exposure = exposure, Verdict = verdict };
                if (judge.AsksForTime || ReachNotes.MayHave(row, reach))
                {
                    var isTranslated = reach.Any(static r => r.Shares.Any(static s => s.Region.Outcome.Translation is not null));
                    return new JudgedRow(isTranslated ? judged : Sockets.Of(judged, judge.Replies), reach, IsWhole: true);
                }

                memory?.Keep(judged);
                return new JudgedRow(Sockets.Of(judged, judge.Replies), null, IsWhole: true);
            },
            () => new JudgedRow(
                row with { Exposure = PortExposure.Unknown, Verdict = PortVerdict.NotJudged with { Summary = "not judged in time" } },
                null, IsWhole: false),
            cancellationToken);
    }

    private (IReadOnlyList<FamilyReach> Reach, PortExposure Exposure, PortVerdict Verdict) Reach(
        NamespaceJudge judge, ChartRow row, IntervalSet? marks, CancellationToken token)
    {
        if (_rows < Many || marks is not null)
        {
            var reach = Reach(judge, row, judge, token);
            var (exposure, verdict) = PortSummary.Of(reach);
            return (reach, exposure, verdict);
        }

        if (!_alike.TryGetValue(row.NamespaceIndex, out var alike))
        {
            _alike.Add(row.NamespaceIndex, alike = new AlikePorts(judge));
        }

        return alike.Of(
            row,
            (region, senders, isIPv4) => Land(judge, region, senders, row.NamespaceIndex, row.Protocol, row.Port, isIPv4, token),
            token);
    }

    // Marks of sockets are read only where rules or routes may look at them.
    private IntervalSet? MarksOf(NamespaceJudge judge, ChartRow row) =>
        row.NamespaceIndex == 0 && judge.LooksAtMarks ? Sockets.MarksOf(row) : null;

    private IReadOnlyList<FamilyReach> Reach(NamespaceJudge judge, ChartRow row, NamespaceJudge asked, CancellationToken token) =>
        asked.Reach(
            row.Binds, row.Protocol, row.Port, token,
            (region, senders, isIPv4) => Land(judge, region, senders, row.NamespaceIndex, row.Protocol, row.Port, isIPv4, token),
            MarksOf(judge, row));

    /// <summary>Adds what deserves a line below the row. Some of it is judged again, which the verdicts of all rows come before.</summary>
    private JudgedRow WithNotes(JudgedRow judged, CancellationToken cancellationToken)
    {
        if (judged is not { Reach: { } reach, Row: var row, HasNotes: false } || JudgeOf(row.NamespaceIndex) is not { } judge)
        {
            return judged;
        }

        var isWhole = true;
        T? Cut<T>(T? left)
        {
            isWhole = false;
            return left;
        }

        var notes = new ReachNotes(judge, row, reach).Find(() => Within(
            token => judge.Untranslated.Reach(row.Binds, row.Protocol, row.Port, token),
            () => Cut<IReadOnlyList<FamilyReach>>(null), cancellationToken)).ToList();
        notes.AddRange(!judge.AsksForTime ? [] : Within(
            token => new TimeNote(judge, token) { Most = MostMoments }.Of(reach, j => Reach(judge, row, j, token)).ToList(),
            () => Cut<List<string>>([])!, cancellationToken));
        return judged with { Noted = notes.Count == 0 ? row : row with { Notes = [.. row.Notes, .. notes] }, HasNotes = isWhole };
    }

    /// <summary>Ports that rules send on to another machine or namespace while nothing listens on them here.</summary>
    private void AddPublished(NamespaceJudge judge, List<ChartRow> rows, CancellationToken cancellationToken)
    {
        var taken = rows.Where(r => r is { NamespaceIndex: 0, Exposure: not PortExposure.Local }).Select(r => (r.Port.Value, r.Protocol))
            .ToHashSet();
        PortBind[] everywhere = [new(InternetAddress.AnyIPv4, false, 0), new(InternetAddress.AnyIPv6, false, 0)];
        var ports = PortMentions.InTranslations(judge.Rules);
        if (ports.Count >= PortMentions.Most)
        {
            _missing.Add(new MissingFact(
                MissingFactCode.ForwardedPortsCut, "ports that rules redirect",
                $"rules name too many; only {PortMentions.Most} are evaluated"));
        }

        foreach (var port in ports)
        {
            foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
            {
                if (port != 0 && !taken.Contains((port, protocol))
                    && Published(judge, new PortNumber(port), protocol, everywhere, cancellationToken) is { } row)
                {
                    rows.Add(row.Proxy is { } to ? WithProxy(row.Row, to, rows) : row.Row);
                }
            }
        }
    }

    /// <summary>The row of a port that a rule gives to a transparent proxy, with who listens there; that one's row says so too.</summary>
    private ChartRow WithProxy(ChartRow row, Translation to, List<ChartRow> rows)
    {
        if (rows.Find(
            r => r.NamespaceIndex == 0 && r.Protocol == row.Protocol && r.Port.Value == to.Port
                && r.Binds.Any(b => to.Address is { } address ? b.Address.Unmap() == address : b.IsWildcard)) is not { } proxy)
        {
            return row;
        }

        _proxies.Add((
            proxy, $"{RuleLabel.Full(to.Rule)} delivers packets for port {row.Port} to it, whatever address it is bound to"));
        return row with { Owner = row.Owner with { Processes = proxy.Owner.Processes } };
    }

    private static bool IsSameListener(ChartRow row, ChartRow other) => row.NamespaceIndex == other.NamespaceIndex && row.Port == other.Port
        && row.Protocol == other.Protocol && row.Binds.SequenceEqual(other.Binds);

    /// <summary>
    /// Whether the socket of a row is the one that holds the port for a forward: of datagrams it is listed as one that waits.
    /// </summary>
    private static bool Holds(ChartRow row, PortForward forward) => row.Port == forward.Port && row.Protocol == forward.Protocol
        && row.Binds.Any(b => forward.Address is { IsUnspecified: false } one ? b.Address.Unmap() == one : b.IsWildcard);

    /// <summary>A port that a forward of Portolan has the kernel forward, whether anybody gets there or not.</summary>
    private ChartRow ForwardRow(NamespaceJudge judge, PortForward forward, CancellationToken cancellationToken)
    {
        PortBind[] binds = [forward.Address is { } address ? new(address, false, 0) : new(InternetAddress.AnyIPv6, true, 0)];
        var row = Published(judge, forward.Port, forward.Protocol, binds, cancellationToken)?.Row;
        return (row ?? new ChartRow
        {
            NamespaceIndex = 0,
            IsOwnNamespace = true,
            Port = forward.Port,
            Protocol = forward.Protocol,
            Binds = binds,
            Owner = new PortOwner { Kind = OwnerKind.Forwarded, Name = "", Processes = [] },
            Exposure = binds[0].IsLocal ? PortExposure.Local : PortExposure.Blocked,
        }) with
        {
            Binds = binds,
            Owner = new PortOwner
            {
                Kind = OwnerKind.Forwarded,
                Name = forward.Targets.Count == 0 ? "no target that is up" : string.Join(", ", forward.Targets),
                Processes = forward.Processes,
            },
            Service = facts.ServiceName(forward.Protocol, forward.Port),
            Forward = forward,
        };
    }

    private (ChartRow Row, Translation? Proxy)? Published(
        NamespaceJudge judge, PortNumber port, TransportProtocol protocol, IReadOnlyList<PortBind> everywhere,
        CancellationToken cancellationToken) =>
        Within(
            token => PublishedRow(judge, port, protocol, everywhere, token),
            () => Late<(ChartRow, Translation?)?>(null, MissingFactCode.ForwardedPortsNotInTime, "some ports that rules redirect"),
            cancellationToken);

    private (ChartRow Row, Translation? Proxy)? PublishedRow(
        NamespaceJudge judge, PortNumber port, TransportProtocol protocol, IReadOnlyList<PortBind> everywhere,
        CancellationToken cancellationToken)
    {
        // Only what is translated counts: for the rest nothing listens.
        var reach = judge.Reach(
            everywhere, protocol, port, cancellationToken,
            (region, senders, isIPv4) =>
                region.Outcome.Translation is null
                    ? Landing.NotTaken
                    : Land(judge, region, senders, 0, protocol, port, isIPv4, cancellationToken));
        var judged = reach;
        var sent = Sent(reach);
        if (sent is null && reach.Any(static r => r.Largest(ReachFate.Denied) is not null))
        {
            // What a rule stops before it is translated is published all the same, and blocked.
            reach = judge.Unhindered.Reach(everywhere, protocol, port, cancellationToken);
            sent = Sent(reach);
        }

        if (sent is null)
        {
            return null;
        }

        var published = reach.Where(static r => Sent([r]) is not null).Select(static r => r.IsIPv4).ToHashSet();
        var (exposure, verdict) = PortSummary.Of([.. judged.Where(r => published.Contains(r.IsIPv4))]);
        var owner = new PortOwner
        {
            Kind = OwnerKind.Forwarded,
            Name = TargetText.Of(sent.Region.Outcome.Translation!, port),
            Processes = [],
            Container = sent.Region.Outcome.Translation!.Address is { } target ? facts.ContainerAt(target) : null,
        };
        var row = new ChartRow
        {
            NamespaceIndex = 0,
            IsOwnNamespace = true,
            Port = port,
            Protocol = protocol,
            Binds = [],
            Owner = owner,
            Running = facts.RunningOn(owner, protocol, port),
            Exposure = exposure,
            Verdict = verdict,
        };
        return (row, sent.Region.Outcome.Translation is { IsProxy: true } proxy ? proxy : null);
    }

    private static Share? Sent(IEnumerable<FamilyReach> reach) =>
        reach.SelectMany(static r => r.Shares).FirstOrDefault(static s => s.Region.Outcome.Translation is not null);

    /// <summary>Where packets end that rules let through. What no rule translates ends at the port asked about.</summary>
    private Landing Land(
        NamespaceJudge judge, FlowRegion region, IntervalSet senders, int namespaceIndex, TransportProtocol protocol, PortNumber port,
        bool isIPv4, CancellationToken cancellationToken)
    {
        if (region.Outcome.Translation is null)
        {
            return Landing.Taken;
        }

        if (region.Outcome.Delivery != DeliveryKind.Forwarded)
        {
            return (_listening ??= new ListeningSockets(facts.Snapshot)).Land(region, namespaceIndex, protocol, port, isIPv4);
        }

        var everywhere = _everywhere ??= Everywhere?.Invoke() ?? facts.Snapshot;
        var here = facts.Snapshot.Namespaces[namespaceIndex].Inode;
        return new CrossNamespaceDelivery(judge, everywhere, space => space.Inode == here || space.Inode == 0 ? null : OtherJudge(space))
            .Find(region, senders, areAsked: false, protocol, port, isIPv4, cancellationToken);
    }

    /// <summary>
    /// The judge of a namespace that packets may be sent on to. What could not be read there is no fault of the chart's rows.
    /// </summary>
    private NamespaceJudge? OtherJudge(NetworkNamespace space)
    {
        if (!_others.TryGetValue(space.Inode, out var judge))
        {
            for (var index = 0; index < facts.Snapshot.Namespaces.Count; index++)
            {
                if (facts.Snapshot.Namespaces[index].Inode == space.Inode)
                {
                    return JudgeOf(index);
                }
            }

            NamespaceJudge.TryCreate(read(space), make, out judge);
            _others[space.Inode] = judge;
        }

        return judge;
    }
}
