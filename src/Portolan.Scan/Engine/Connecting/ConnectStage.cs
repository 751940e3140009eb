using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>One stage over a group (discovery, TCP ports, UDP ports): what its workers share.</summary>
internal sealed class ConnectStage
{
    private const ulong Chunk = 64;

    // A second and a half of retransmission timers would blur it: the kernel sends its SYN again after 1 s (RFC 6298 section 2.1).
    private static readonly TimeSpan FirstRetransmission = TimeSpan.FromSeconds(0.9);

    private readonly Lock _lossGate = new();
    private readonly ConnectCounters _tally;
    private readonly IProbeWatch _watch;
    private ulong _next;
    private long _silent;
    private long _done;
    private long _inFlight;
    private long _silentBefore;
    private int _passesEnded;

    // Only of TCP ports there is enough to tell hosts apart.
    private readonly HostLosses? _byHost;

    private readonly ConnectedHosts? _connected;

    // What is left when hosts that lose far more or less have been put apart; one, or none before the end.
    private volatile LossStratum[] _rest = [];

    public ConnectStage(string name, IConnectTable table, HostGroup group, ScanSettings settings, ConnectCounters tally, IProbeWatch watch)
    {
        (Name, Table, Group, Settings, _tally, _watch) = (name, table, group, settings, tally, watch);
        _byHost = CanControl && group.Count > 1 ? new HostLosses(group.Count) : null;
        _connected = CanControl ? new ConnectedHosts(group) : null;
    }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>UDP ports are probed.</summary>
    public bool IsDatagrams => Table is ConnectPorts { Protocol: TransportProtocol.Udp };

    /// <summary>What is probed.</summary>
    public IConnectTable Table { get; private set; }

    /// <summary>What its losses are; <c>null</c> when it judges neither hosts nor ports.</summary>
    public LossKind? Kind => Table switch
    {
        EverythingTable or OpenPortTable => null,
        DiscoveryTable => LossKind.Discovery,
        _ => LossKind.Path,
    };

    /// <summary>What was counted so far. A pass that is not over is not an attempt.</summary>
    public LossStratum Losses =>
        _rest is [var rest] ? rest : new(Kind ?? LossKind.Path, Math.Max(1, _passesEnded), Loss, Math.Max(0, SilentTargets - Unsettled));

    /// <summary>The same, hosts apart that lose far more or less than the rest. When no worker runs.</summary>
    public IReadOnlyList<LossStratum> Tiers => _byHost is null ? [Losses] : _byHost.Tiers(Losses, SilentOf, withQuiet: true);

    /// <summary>Silent ports that may only be limited; not counted as silent.</summary>
    public long Unsettled { get; set; }

    // Of a host that is looked for on several ports, each may be silent.
    private long SilentTargets
    {
        get
        {
            if (Table is not DiscoveryTable)
            {
                return Silent;
            }

            long silent = 0;
            for (var host = 0; host < Group.Count; host++)
            {
                silent += Group.StatusOf(host) == HostStatus.Unknown && !Group.HasUnprobed(host) ? 1 : 0;
            }

            return silent;
        }
    }

    /// <summary>Ports that answered may be asked again to measure loss. Not UDP: hosts limit their ICMP messages.</summary>
    public bool CanControl => Table is ConnectPorts { Protocol: TransportProtocol.Tcp };

    /// <summary>The hosts.</summary>
    public HostGroup Group { get; }

    /// <summary>The run's settings.</summary>
    public ScanSettings Settings { get; }

    /// <summary>0 for first attempts.</summary>
    public int Pass { get; private set; }

    /// <summary>Added to the pass in cursors, so that the stages of a group's ports are distinguished.</summary>
    public int PassOffset { get; set; }

    /// <summary>Probes whose time ran out in this pass.</summary>
    public long Silent => Interlocked.Read(ref _silent);

    /// <summary>What was seen of loss.</summary>
    public LossCounts Loss { get; } = new();

    /// <summary>Answers of all kinds, also those that tell nothing of loss.</summary>
    public LossCounts Answers { get; } = new();

    /// <summary>Where it stands when connections are kept to hear what is said first; <c>null</c> when none are.</summary>
    public ListeningProgress? Listening { get; init; }

    /// <summary>The run is to end.</summary>
    public bool IsStopping => _watch.IsStopping;

    /// <summary>Begins a pass at a position.</summary>
    public void BeginPass(int pass, ulong position)
    {
        Pass = pass;
        _silentBefore = _silent;
        Listening?.Repeat(_silentBefore);
        _next = position;
        _silent = 0;
    }

    /// <summary>A pass is over.</summary>
    public void EndPass() => _passesEnded = IsStopping ? Pass : Pass + 1;

    /// <summary>Begins a pass over ports that answered, which only measures loss.</summary>
    /// <returns>What was probed before.</returns>
    public IConnectTable BeginControls(ControlTable table)
    {
        var ports = Table;
        (Table, Pass) = (table, Pass + 1);
        _next = 0;
        return ports;
    }

    /// <summary>It is over.</summary>
    public void EndControls(IConnectTable ports) => (Table, Pass) = (ports, Pass - 1);

    /// <summary>The next positions to probe, or none.</summary>
    public bool TryTakeChunk(out ulong first, out ulong end)
    {
        end = Interlocked.Add(ref _next, Chunk);
        first = end - Chunk;
        end = Math.Min(end, Table.Positions);
        return first < Table.Positions;
    }

    /// <summary>The first position that no worker has taken.</summary>
    public ulong Untaken => Math.Min(Interlocked.Read(ref _next), Table.Positions);

    // All stages but that of the ports themselves: they find hosts, ask again, or hear what open ports say.
    private bool IsBeside => Table is not ConnectPorts;

    /// <summary>Counts an attempt that left.</summary>
    public void CountSent(bool isRepeated)
    {
        _tally.CountSent(isRepeated || Pass > 0, IsBeside);
        Interlocked.Increment(ref _inFlight);
        Listening?.Started();
    }

    /// <summary>An attempt that left has ended; its port may need another.</summary>
    public void CountEnded() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Counts one that did not.</summary>
    public void CountNotSent() => _tally.CountNotSent();

    /// <summary>The stage is over: hosts that lose far more or less are kept apart, and what is counted is that of the rest.</summary>
    public void KeepTiers()
    {
        // What is silent of hosts that were given up is unfinished.
        if (Table is ConnectPorts && Enumerable.Range(0, Group.Count).Any(Group.IsGivenUp))
        {
            _silent = Math.Min(_silent, Enumerable.Range(0, Group.Count).Sum(SilentOf));
        }

        var tiers = Tiers;
        foreach (var tier in tiers.Skip(1))
        {
            _tally.KeepLosses(tier);
        }

        _rest = [tiers[0]];
    }

    /// <summary>Hosts that may have stopped in the pass that is over; only of a stage over TCP ports.</summary>
    public List<int> TakeSuspects() => _connected?.TakeSuspects() ?? [];

    /// <summary>A host has stopped: what it did not answer is not known.</summary>
    public void StopAsking(int host)
    {
        var silent = SilentOf(host);
        Group.MarkStopped(host, _connected!.ProbesUntilLastAnswer(host), TransportProtocol.Tcp);
        _silent = Math.Max(0, _silent - silent);
    }

    /// <summary>A probe's time ran out.</summary>
    public void CountSilent(in ConnectProbe probe)
    {
        if (Table is ControlTable)
        {
            CountControl(probe, isLost: true);
            return;
        }

        _connected?.CountSilent(probe.Host);
        Interlocked.Increment(ref _silent);
        Interlocked.Increment(ref _done);
    }

    /// <summary>Takes an answer.</summary>
    /// <returns>The probe had none before.</returns>
    public bool TakeAnswer(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        _tally.CountReply(IsBeside);
        if (Table is ControlTable)
        {
            CountControl(probe, IsLate(outcome));
            return false;
        }

        Interlocked.Increment(ref _done);
        _connected?.CountAnswer(probe.Host, Group.PositionOf(probe.Host, probe.Slot));
        if (!Table.Answer(probe, outcome))
        {
            return false;
        }

        // What the kernel's own repeating brought counts as found, and the attempt as lost. Messages of routers and a neighbour that cannot
        // be resolved come in their own time and say nothing of loss.
        var isLate = IsLate(outcome);
        lock (_lossGate)
        {
            Answers.CountAnswer(Pass);
        }

        if (IsEvidence(outcome, isLate))
        {
            lock (_lossGate)
            {
                if (isLate)
                {
                    Loss.CountLate(Pass);
                    _byHost?.CountLate(probe.Host, Pass, isRefusal: false);
                }
                else
                {
                    Loss.CountAnswer(Pass);
                    _byHost?.CountAnswer(probe.Host, Pass, isRefusal: false);
                }
            }
        }

        return true;
    }

    private long SilentOf(int host)
    {
        long silent = 0;
        var ports = Group.PortsOf(host);
        var protocol = IsDatagrams ? TransportProtocol.Udp : TransportProtocol.Tcp;
        for (var port = 0; Group.IsActive(host) && port < ports.Count; port++)
        {
            silent += ports[port].Protocol == protocol && Group.IsShare(host, port) && !Group.IsAnswered(host, port)
                && !Group.IsUnprobed(host, port) ? 1 : 0;
        }

        return silent;
    }

    private bool IsEvidence(in ConnectOutcome outcome, bool isLate) =>
        IsDatagrams
            ? outcome.Result == ConnectResult.Replied
            : !isLate || outcome.Result is ConnectResult.Connected or ConnectResult.Refused;

    private void CountControl(in ConnectProbe probe, bool isLost)
    {
        lock (_lossGate)
        {
            if (Table is ControlTable { Answered: { } answered })
            {
                _ = !isLost && answered.Add(probe.Host);
                return;
            }

            Loss.CountControl(isLost);
            _byHost?.CountControl(probe.Host, isRefusal: false, isQuiet: false, isLost);
        }
    }

    /// <summary>Some packet of the handshake was sent twice.</summary>
    public static bool IsLate(in ConnectOutcome outcome) =>
        outcome.Result != ConnectResult.Replied && outcome.Elapsed >= FirstRetransmission;

    /// <summary>A probe needs no more in this pass.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="isSilent">It may in the next.</param>
    public void Finish(in ConnectProbe probe, bool isSilent)
    {
        Listening?.Finish();
        if (!isSilent)
        {
            Table.Finish(probe);
        }
    }

    /// <summary>A warning for people.</summary>
    public void Warn(string message) => _watch.Warn(message);

    /// <summary>Reports to the run where this stage stands. Only on the driving thread.</summary>
    /// <param name="safe">Positions before it are over.</param>
    public void Tick(ulong safe)
    {
        var cursor = new ProbeCursor(Pass + PassOffset, safe);
        var inFlight = Math.Max(0, Interlocked.Read(ref _inFlight));
        if (Listening is { } listening)
        {
            _watch.Tick(new StageStatus(Name, listening.Done, listening.RemainingWith(inFlight), cursor));
            return;
        }

        var positions = Math.Max(1, Table.Positions);
        var part = (double)Untaken / positions;
        var done = Interlocked.Read(ref _done);

        // What is silent so far will be probed once more, and so will as large a part of the rest.
        var left = Pass == 0 ? (positions - (part * positions)) + (part > 0 ? Silent / part : 0) : (1 - part) * _silentBefore;
        var whole = done + left + inFlight;
        _watch.Tick(new StageStatus(Name, whole > 0 ? done / whole : 1, null, cursor));
    }
}
