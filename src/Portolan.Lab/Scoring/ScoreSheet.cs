using System.Globalization;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Scan.Engine;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Lab.Scoring;

/// <summary>The score of a result that is being read.</summary>
internal sealed class ScoreSheet : IResultSink
{
    /// <summary>Each is looked at.</summary>
    private const int MostUnnamed = 1 << 24;

    private readonly LabTruth _truth;
    private readonly ScoreOptions _options;
    private readonly TargetRanges? _targets;
    private readonly List<(ProbeType Type, PortSet Ports)> _parts = [];
    private readonly Dictionary<(AddressRange, ProbeType), IReadOnlyList<PortTruth>> _truths = [];
    private readonly HashSet<InternetAddress> _seen = [];
    private readonly List<HostScore> _hosts = [];
    private readonly List<string> _notes = [];
    private readonly HostJudge _judge = new();
    private IReadOnlyList<string> _arguments = [];
    private long _judged;
    private long _notListed;
    private long _outside;
    private long _repeated;

    public ScoreSheet(LabTruth truth, ScoreOptions options)
    {
        (_truth, _options) = (truth, options);
        _targets = options.Targets.Count > 0 ? TargetRanges.Parse(options.Targets, truth.Topology) : null;
    }

    public void Start(ResultHead head)
    {
        _arguments = head.Arguments;
        AddPart(TransportProtocol.Tcp, ProbeType.Syn, _options.TcpPorts, head);
        AddPart(
            TransportProtocol.Udp, head.IsConnect ? new ProbeType(TransportProtocol.Udp, TcpTechnique.Connect) : ProbeType.Udp,
            _options.UdpPorts, head);
        if (_parts.Count == 0)
        {
            Note("the file does not say which ports were scanned: name them with --ports");
        }
    }

    public void Host(in ScannedHost host)
    {
        if (!_truth.TryFind(host.Address, out var span) || span.Role == AddressRole.Vantage || !IsTarget(host.Address))
        {
            _outside++;
        }
        else if (!_seen.Add(host.Address))
        {
            _repeated++;
        }
        else if (!host.IsGivenUp)
        {
            Judge(span, host);
        }
    }

    public void Note(string text) => _notes.Add(text);

    public void End(in ResultEnd end)
    {
        var (hostsTotal, isComplete) = end;
        AddNote(_outside, "outside of the lab, or not among the targets: left out");
        AddNote(_repeated, "named twice: the first counts");
        var targets = _targets;
        if (targets is null && hostsTotal > _seen.Count + _outside)
        {
            var named = TargetRanges.OfCommandLine(_arguments, _truth.Topology);
            targets = named.Count == (UInt128)hostsTotal.Value ? named : null;
            if (targets is null)
            {
                Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{hostsTotal - _seen.Count - _outside} hosts were scanned that the file does not name: they are left out; "
                        + $"name them with --targets"));
            }
        }

        if (targets is not null && isComplete)
        {
            JudgeUnnamed(targets);
        }
    }

    public LabScore ToScore(string format) => new()
    {
        Format = format,
        HostsJudged = _judged,
        PortsJudged = _judge.PortsJudged,
        PortsVarying = _judge.PortsVarying,
        OpenFound = _judge.OpenFound,
        OpenFalse = _judge.OpenFalse,
        OpenMissed = _judge.OpenMissed,
        WrongStates = _judge.WrongStates,
        Hosts = [.. _hosts.OrderBy(static host => host.Address)],
        HostsNotListed = _notListed,
        Notes = _notes,
    };

    private void AddNote(long count, string what)
    {
        if (count > 0)
        {
            Note(string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "address" : "addresses")} {what}"));
        }
    }

    private void AddPart(TransportProtocol protocol, ProbeType usual, PortSet? given, ResultHead head)
    {
        var (type, ports) = (usual, new PortSet());
        foreach (var part in head.Parts)
        {
            if (part.Protocol != protocol)
            {
                continue;
            }

            if (ProbeType.TryParse(part.Type, out var known))
            {
                type = protocol == TransportProtocol.Udp ? usual : known;
                ports.UnionWith(part.Ports);
            }
            else
            {
                Note($"ports of a {part.Type} scan are left out: what is right for it is not known");
                return;
            }
        }

        if ((given ?? ports) is { IsEmpty: false } scanned)
        {
            _parts.Add((type, scanned));
        }
    }

    private bool IsTarget(InternetAddress address)
    {
        if (_targets is null)
        {
            return true;
        }

        foreach (var range in _targets.Ranges)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private void Judge(TruthSpan span, in ScannedHost host)
    {
        var before = _judge.PortsJudged;
        foreach (var (type, ports) in _parts)
        {
            _judge.Judge(type.Protocol, TruthOf(span, type, ports), ports, host);
        }

        _judged += _judge.PortsJudged > before ? 1 : 0;
        if (_judge.TakeWrong() is { Count: > 0 } wrong)
        {
            if (_hosts.Count < _options.MostHosts)
            {
                _hosts.Add(new HostScore(host.Address, span.NameOf(host.Address), wrong));
            }
            else
            {
                _notListed++;
            }
        }
    }

    private IReadOnlyList<PortTruth> TruthOf(TruthSpan span, ProbeType type, PortSet ports)
    {
        if (!_truths.TryGetValue((span.Addresses, type), out var truths))
        {
            truths = _truth.PortsOf(span, type, ports);
            _truths.Add((span.Addresses, type), truths);
        }

        return truths;
    }

    // Hosts that were scanned and are not in the file: nothing of them is open.
    private void JudgeUnnamed(TargetRanges targets)
    {
        List<InternetAddress> seen = [.. _seen];
        seen.Sort();
        foreach (var span in _truth.Spans)
        {
            if (span.Role == AddressRole.Vantage)
            {
                continue;
            }

            var hasOpen = _parts.Exists(
                part => TruthOf(span, part.Type, part.Ports).Any(static truth => truth is { State: PortState.Open, Varies: false }));
            foreach (var range in targets.Ranges)
            {
                if (Overlap(span.Addresses, range) is not { } unnamed)
                {
                    continue;
                }

                if (hasOpen && unnamed.Count > MostUnnamed)
                {
                    Note($"{unnamed}: too many hosts that the file does not name: left out");
                }
                else if (hasOpen)
                {
                    JudgeEach(span, unnamed);
                }
                else
                {
                    CountAll(
                        span,
                        unnamed.Count
                            - (UInt128)(Below(seen, unnamed.Last, isIncluded: true) - Below(seen, unnamed.First, isIncluded: false)));
                }
            }
        }
    }

    private static AddressRange? Overlap(AddressRange a, AddressRange b)
    {
        var first = a.First > b.First ? a.First : b.First;
        var last = a.Last < b.Last ? a.Last : b.Last;
        return first.IsIPv4 == last.IsIPv4 && first <= last ? new AddressRange(first, last) : null;
    }

    private static int Below(List<InternetAddress> seen, InternetAddress address, bool isIncluded)
    {
        var at = seen.BinarySearch(address);
        return at < 0 ? ~at : isIncluded ? at + 1 : at;
    }

    private void JudgeEach(TruthSpan span, AddressRange range)
    {
        for (var address = range.First; ; address = address.Plus(1))
        {
            if (_seen.Add(address))
            {
                Judge(span, new ScannedHost(address, []));
            }

            if (address == range.Last)
            {
                return;
            }
        }
    }

    // None of their ports is open, so all of them are right.
    private void CountAll(TruthSpan span, UInt128 hosts)
    {
        var count = (long)UInt128.Min(hosts, int.MaxValue);
        _judged += count;
        foreach (var (type, ports) in _parts)
        {
            _judge.CountRight(TruthOf(span, type, ports), count);
        }
    }
}
