using System.Runtime.InteropServices;
using Portolan.Scan.Results;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>Compares two snapshots. What one of them did not look at is not a change.</summary>
public sealed class SnapshotComparer
{
    /// <summary>More ports of a host that open or close alike are one change: a few bytes of a file name all of them.</summary>
    private const int MostSingle = 256;

    private readonly Snapshot _a;
    private readonly Snapshot _b;
    private readonly DateTimeOffset _now;
    private readonly List<Change> _changes = [];
    private long _hosts;
    private long _ports;
    private int _most;
    private bool _isEven = true;
    private long _hostsOnlyInA;
    private long _hostsOnlyInB;
    private long _openOnlyInA;
    private long _openOnlyInB;
    private long _undecided;

    private SnapshotComparer(Snapshot a, Snapshot b, DateTimeOffset now) => (_a, _b, _now) = (a, b, now);

    /// <summary>Compares.</summary>
    /// <param name="a">The earlier one.</param>
    /// <param name="b">The later one.</param>
    /// <param name="now">The time for certificates of results that do not say when they were taken.</param>
    /// <exception cref="PortolanException">One is a chart and the other a scan. Exit code 3.</exception>
    public static Comparison Compare(Snapshot a, Snapshot b, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.IsChart != b.IsChart)
        {
            var (chart, scan) = a.IsChart ? (a, b) : (b, a);
            throw new PortolanException(
                $"{chart.Source} is a chart (a machine's own ports), {scan.Source} is a scan (ports as other hosts see them)",
                $"compare two charts (portolan --json) or two scans (portolan scan --json); portolan explain shows why they differ");
        }

        return new SnapshotComparer(a, b, now).Compare();
    }

    private Comparison Compare()
    {
        List<HostKey> keys = [.. _a.Hosts.Keys];
        foreach (var key in _b.Hosts.Keys)
        {
            if (!_a.Hosts.ContainsKey(key))
            {
                keys.Add(key);
            }
        }

        keys.Sort();
        foreach (var key in keys)
        {
            var (a, b) = (HostIn(_a, key, _b), HostIn(_b, key, _a));
            if (a is null || b is null)
            {
                _hostsOnlyInA += b is null ? 1 : 0;
                _hostsOnlyInB += a is null ? 1 : 0;
            }
            else
            {
                CompareHosts(a, b);
            }
        }

        return new Comparison(_a, _b, _changes, new SharedCoverage
        {
            Hosts = _hosts,
            Ports = _ports,
            MostPortsOfHost = _most,
            IsEven = _isEven,
            HostsOnlyInA = _hostsOnlyInA,
            HostsOnlyInB = _hostsOnlyInB,
            OpenOnlyInA = _openOnlyInA,
            OpenOnlyInB = _openOnlyInB,
            Undecided = _undecided,
        });
    }

    // A target that a whole scan does not name was down.
    private static HostSnapshot? HostIn(Snapshot snapshot, HostKey key, Snapshot other)
    {
        if (snapshot.Hosts.TryGetValue(key, out var host))
        {
            return host.Status == HostStatus.Unknown && host.Spans.Count == 0 ? null : host;
        }

        return key.Space is null && snapshot.IsComplete && snapshot.Scope?.Contains(key.Address) == true
            && other.Hosts.TryGetValue(key, out var there)
            ? new HostSnapshot(key) { Status = HostStatus.Down, IsStatusSilent = true, Name = there.Name }
            : null;
    }

    private void CompareHosts(HostSnapshot a, HostSnapshot b)
    {
        var name = b.Name ?? b.ReverseName ?? a.Name ?? a.ReverseName;
        CompareNames(a, b, name);
        var (isDownA, isDownB) = (a.Status == HostStatus.Down, b.Status == HostStatus.Down);
        if (isDownA != isDownB)
        {
            var (protocol, ports) = OpenOf(isDownA ? b : a);
            _changes.Add(new Change(isDownA ? ChangeKind.HostUp : ChangeKind.HostDown, a.Key)
            {
                HostName = name,
                Protocol = protocol,
                Ports = ports,
                Before = new Side(isDownA ? "down" : "up", null, null, isDownA && a.IsStatusSilent),
                After = new Side(isDownB ? "down" : "up", null, null, isDownB && b.IsStatusSilent),
            });
            return;
        }

        if (isDownA)
        {
            return;
        }

        var shared = 0;
        foreach (var protocol in ProtocolsOf(a, b))
        {
            shared += ComparePorts(a, b, protocol, name);
        }

        if (shared > 0)
        {
            _isEven &= _hosts == 0 || shared == _most;
            _hosts++;
            _ports += shared;
            _most = Math.Max(_most, shared);
        }
    }

    private void CompareNames(HostSnapshot a, HostSnapshot b, string? name)
    {
        var (before, after) = a.Name is not null && b.Name is not null ? (a.Name, b.Name) : (a.ReverseName, b.ReverseName);
        if (before is not null && after is not null && !string.Equals(before, after, StringComparison.OrdinalIgnoreCase))
        {
            _changes.Add(new Change(ChangeKind.Name, a.Key)
            {
                HostName = name,
                Before = new Side(before, null, null, IsSilent: false),
                After = new Side(after, null, null, IsSilent: false),
            });
        }
    }

    private static (TransportProtocol?, PortRanges) OpenOf(HostSnapshot host)
    {
        foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var ports = PortRanges.None;
            foreach (var span in host.OpenSpans())
            {
                ports = span.Protocol == protocol ? ports.Union(span.Ports) : ports;
            }

            if (!ports.IsEmpty)
            {
                return (protocol, ports);
            }
        }

        return (null, PortRanges.None);
    }

    private static SortedSet<TransportProtocol> ProtocolsOf(HostSnapshot a, HostSnapshot b) =>
        [.. a.Spans.Select(static span => span.Protocol), .. b.Spans.Select(static span => span.Protocol)];

    private int ComparePorts(HostSnapshot a, HostSnapshot b, TransportProtocol protocol, string? name)
    {
        var found = new List<Change>();
        var shared = 0;
        var (coverageA, coverageB) = (a.CoverageOf(protocol), b.CoverageOf(protocol));
        _openOnlyInA += OpenOutside(a, protocol, coverageB);
        _openOnlyInB += OpenOutside(b, protocol, coverageA);
        foreach (var spanA in a.Spans)
        {
            if (spanA.Protocol != protocol)
            {
                continue;
            }

            foreach (var spanB in b.Spans)
            {
                if (spanB.Protocol == protocol && spanA.Ports.Intersect(spanB.Ports) is { IsEmpty: false } ports)
                {
                    shared += ports.Count;
                    CompareSpans(a, b, new SpanPair(protocol, ports, spanA.State, spanB.State, name) { Host = a.Key }, found);
                }
            }
        }

        CollectionsMarshal.AsSpan(found).Sort(static (x, y) =>
            x.Ports.First != y.Ports.First ? x.Ports.First.CompareTo(y.Ports.First) : x.Kind.CompareTo(y.Kind));
        _changes.AddRange(found);
        return shared;
    }

    private static long OpenOutside(HostSnapshot host, TransportProtocol protocol, PortRanges coverage)
    {
        var count = 0L;
        foreach (var span in host.OpenSpans())
        {
            count += span.Protocol == protocol ? span.Ports.Except(coverage).Count : 0;
        }

        return count;
    }

    private void CompareSpans(HostSnapshot a, HostSnapshot b, SpanPair pair, List<Change> found)
    {
        var (isOpenA, isOpenB) = (pair.A.States == PossibleStates.Open, pair.B.States == PossibleStates.Open);
        if (isOpenA && isOpenB)
        {
            CompareFacts(a, b, pair, found);
        }
        else if (pair.A.Excludes(pair.B))
        {
            var kind = isOpenB ? ChangeKind.Opened : isOpenA ? ChangeKind.Closed : ChangeKind.State;
            AddStates(kind, isOpenB ? b : isOpenA ? a : null, pair, found);
        }
        else if (pair.A.States != pair.B.States && pair.A.Word != PortState.Unknown && pair.B.Word != PortState.Unknown)
        {
            _undecided += pair.Ports.Count;
        }
    }

    // Ports with facts are changes of their own; the rest changed alike.
    private void AddStates(ChangeKind kind, HostSnapshot? open, SpanPair pair, List<Change> found)
    {
        var named = new PortSet();
        if (open is not null)
        {
            foreach (var (endpoint, facts) in open.Endpoints)
            {
                if (endpoint.Protocol == pair.Protocol && pair.Ports.Contains(endpoint.Port))
                {
                    named.Add(endpoint.Port);
                    var (factsA, factsB) = kind == ChangeKind.Closed ? (facts, (Endpoint?)null) : (null, facts);
                    found.Add(Make(kind, pair with { Ports = PortRanges.Of(endpoint.Port) }, open.Key, factsA, factsB));
                    if (kind == ChangeKind.Opened)
                    {
                        AddExpiring(open.Key, pair, endpoint, null, facts, found);
                    }
                }
            }
        }

        var alike = pair.Ports.Except(PortRanges.Of(named));
        if (kind != ChangeKind.State && alike.Count <= MostSingle)
        {
            foreach (var port in alike.Ports())
            {
                found.Add(Make(kind, pair with { Ports = PortRanges.Of(port) }, pair.Host, null, null));
            }
        }
        else
        {
            found.Add(Make(kind, pair with { Ports = alike }, pair.Host, null, null));
        }
    }

    private Change Make(ChangeKind kind, SpanPair pair, HostKey host, Endpoint? a, Endpoint? b) => new(kind, host)
    {
        HostName = pair.Name,
        Protocol = pair.Protocol,
        Ports = pair.Ports,
        Before = new Side(pair.A.Text, pair.A, a, IsLossPossible(pair.A, _a)),
        After = new Side(pair.B.Text, pair.B, b, IsLossPossible(pair.B, _b)),
    };

    // A scan that proves that it missed nothing makes silence certain.
    private static bool IsLossPossible(in StateView state, Snapshot snapshot) => state.IsSilent && snapshot.MissRateBound is not 0;

    private void CompareFacts(HostSnapshot a, HostSnapshot b, SpanPair pair, List<Change> found)
    {
        foreach (var (endpoint, after) in b.Endpoints)
        {
            if (endpoint.Protocol == pair.Protocol && pair.Ports.Contains(endpoint.Port))
            {
                var before = a.Endpoints.TryGetValue(endpoint, out var known) ? known : Endpoint.Bare;
                foreach (var (kind, from, to) in FactChanges.Between(before, after))
                {
                    found.Add(new Change(kind, a.Key)
                    {
                        HostName = pair.Name,
                        Protocol = pair.Protocol,
                        Ports = PortRanges.Of(endpoint.Port),
                        Before = new Side(from, pair.A, before, IsSilent: false),
                        After = new Side(to, pair.B, after, IsSilent: false),
                        IsWidened = kind == ChangeKind.Bind && after.Binds!.Width > before.Binds!.Width,
                    });
                }

                AddExpiring(a.Key, pair, endpoint, before, after, found);
            }
        }
    }

    private void AddExpiring(HostKey host, SpanPair pair, EndpointKey endpoint, Endpoint? before, Endpoint after, List<Change> found)
    {
        var days = CertificateAge.DaysLeft(after.Certificate, _b.TakenAt ?? _now);
        if (days is { } left
            && CertificateAge.StageOf(left) > CertificateAge.StageOf(CertificateAge.DaysLeft(before?.Certificate, _a.TakenAt ?? _now)))
        {
            found.Add(new Change(ChangeKind.Expiring, host)
            {
                HostName = pair.Name,
                Protocol = pair.Protocol,
                Ports = PortRanges.Of(endpoint.Port),
                Before = new Side(before?.Certificate?.Text, pair.A, before, IsSilent: false),
                After = new Side(after.Certificate!.Text, pair.B, after, IsSilent: false),
                DaysLeft = left,
            });
        }
    }

    private sealed record SpanPair(TransportProtocol Protocol, PortRanges Ports, StateView A, StateView B, string? Name)
    {
        public HostKey Host { get; init; }
    }
}
