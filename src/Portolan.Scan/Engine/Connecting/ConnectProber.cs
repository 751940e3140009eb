using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Probes through the system's connect(): TCP connect scans, and without privilege UDP by connected datagram sockets and discovery by
/// connecting to a few ports.
/// </summary>
/// <remarks>
/// <para>
/// Passes over all ports in the order of the run, then over those still silent, until the expected number of ports missed is far below one,
/// or <see cref="TimingSettings.MaxRetries"/> are made. The window of attempts in flight grows with answers and shrinks with loss (a
/// congestion window); waits come from measured round trips.
/// </para>
/// <para>
/// Loss is told from the attempt that was answered and from how late: the kernels of both ends repeat a lost SYN or SYN-ACK only after a
/// second, so an answer that took 0.9 s or more was found but its first packets were lost. Silent UDP ports of hosts that refused others
/// cannot be distinguished from refused ones.
/// </para>
/// </remarks>
public sealed class ConnectProber : IGroupProber
{
    // One core is faster than the start of a second thread for fewer.
    private const ulong WorthAThread = 2048;
    private const double FewMissed = 0.2;
    private const double MuchLoss = 0.3;
    private const int EnoughAnswers = 32;
    private const int Questions = 5;

    // Which stage of a group's ports a cursor is in.
    private const int StagePasses = 0x100;
    private const int DatagramPasses = StagePasses;
    private const int CheckPasses = 2 * StagePasses;

    /// <summary>
    /// The first pass of cursors of the stage that completes handshakes: beyond those of all other stages, also of probers with packets.
    /// </summary>
    internal const int HandshakePasses = 16 * StagePasses;

    private readonly Func<IConnector> _open;
    private readonly int _cores;
    private readonly ScanSettings _settings;
    private readonly TimeProvider _clock;
    private readonly UdpPayloads _payloads;
    private readonly ConnectCounters _tally = new();
    private readonly List<ConnectWorker> _workers = [];
    private readonly List<string> _notes = [];

    /// <summary>Makes a prober; the first connector is opened at once.</summary>
    /// <param name="open">Opens a connector, up to <paramref name="cores"/> times, each used by one thread.</param>
    /// <param name="cores">Threads that may work at once, at least 1.</param>
    /// <param name="settings">The run's settings.</param>
    /// <param name="clock">Time that waits are measured in; the connectors' clock.</param>
    /// <param name="payloads">What UDP ports are asked, and what knows their replies.</param>
    public ConnectProber(Func<IConnector> open, int cores, ScanSettings settings, TimeProvider clock, UdpPayloads payloads)
    {
        (_open, _cores, _settings, _clock, _payloads) = (open, Math.Max(1, cores), settings, clock, payloads);
        var first = open();
        _notes.Add(first.Description);
        _workers.Add(NewWorker(first));
    }

    /// <summary>
    /// Whether an address lies behind a router: then the pace has a ceiling for each /24 and /64. Asked for an address of each of these.
    /// </summary>
    public Func<InternetAddress, bool>? IsRouted { get; init; }

    /// <summary>Whether connections to an address can be made at all; <c>null</c> for all.</summary>
    public Func<InternetAddress, bool>? MayConnect { get; init; }

    /// <inheritdoc/>
    public ScanMode Mode => ScanMode.Connect;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => _notes;

    /// <inheritdoc/>
    public ProbeBalance Balance => _tally.Balance;

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        if (_settings.Discovery.Skip)
        {
            return;
        }

        var table = new DiscoveryTable(group, DiscoveryTable.PortsFor(_settings.Discovery, _settings.ExcludedTcpPorts));
        RunStage(new ConnectStage("host discovery", table, group, _settings, _tally, watch), from.Pass, from.Position, 0);
    }

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        if (_settings.Tcp != TcpTechnique.None && from.Pass < DatagramPasses)
        {
            RunStage(
                new ConnectStage(
                    "connect scan", new ConnectPorts(group, TransportProtocol.Tcp, _payloads), group, _settings, _tally, watch),
                from.Pass, from.Position, 0);
            from = ProbeCursor.Start;
        }

        if (_settings.Udp && !watch.IsStopping && from.Pass < CheckPasses)
        {
            RunStage(
                new ConnectStage("UDP scan", new ConnectPorts(group, TransportProtocol.Udp, _payloads), group, _settings, _tally, watch),
                from.Pass & (StagePasses - 1), from.Position, DatagramPasses);
        }

        if (_settings.Tcp != TcpTechnique.None)
        {
            CheckForEverything(group, watch);
        }
    }

    /// <summary>Whether open ports wait to be told until it was heard what their services say first.</summary>
    internal bool HearsGreetings => _settings.Banners;

    /// <summary>
    /// Connects to the TCP ports of a group that a SYN-ACK showed to be open, or to all that are open, to hear what is said first.
    /// </summary>
    internal void CompleteHandshakes(HostGroup group, IProbeWatch watch)
    {
        var table = new OpenPortTable(group, _settings, MayConnect);
        if (table.LeftOut > 0)
        {
            watch.Warn($"{table.LeftOut} open port(s) belong to this host itself or need an interface that the scanner's own stack "
                + $"cannot use: their evidence stays syn-ack");
        }

        var before = group.BannersLeftOut;
        var stage = new ConnectStage(_settings.Banners ? "banners" : "handshakes", table, group, _settings, _tally, watch)
        {
            Listening = _settings.Banners ? new ListeningProgress(table.Positions, table.GreetingWait, _clock) : null,
        };
        RunStage(stage, 0, 0, HandshakePasses);
        if (group.BannersLeftOut > before)
        {
            watch.Warn($"banners of {group.BannersLeftOut - before} open port(s) omitted: at most {HostGroup.MaxBannerBytes >> 20} MiB "
                + $"are kept at once");
        }
    }

    // Hosts with open ports are asked on ports that nothing listens on.
    private void CheckForEverything(HostGroup group, IProbeWatch watch)
    {
        var table = new EverythingTable(group, _settings.Seed, _settings.ExcludedTcpPorts);
        if (table.Positions > 0 && !watch.IsStopping)
        {
            RunStage(new ConnectStage("check for hosts that answer everything", table, group, _settings, _tally, watch), 0, 0, CheckPasses);
        }
    }

    // At the most that may be lost, hardly one more is expected. Refused datagrams are no evidence of loss, but as long as they come, more
    // may.
    private static bool IsEnough(ConnectStage stage)
    {
        IReadOnlyList<LossStratum> losses = stage.IsDatagrams ? [stage.Losses with { Counts = stage.Answers }] : stage.Tiers;
        return losses.All(static l => l.Counts.Found == 0) || LossBound.OfTiers(losses).Expected < FewMissed;
    }

    private void CountControls(ConnectStage stage, HostPaces[] paces)
    {
        var table = new ControlTable(stage.Group);
        if (table.Positions > 0)
        {
            var ports = stage.BeginControls(table);
            RunPass(stage, paces);
            stage.EndControls(ports);
        }
    }

    // What limits its answers still answers a question now and then; what answers none has stopped.
    private void FindStopped(ConnectStage stage, HostPaces[] paces)
    {
        var suspects = stage.TakeSuspects();
        for (var question = 0; question < Questions && suspects.Count > 0 && !stage.IsStopping; question++)
        {
            var table = new ControlTable(stage.Group, suspects);
            var ports = stage.BeginControls(table);
            RunPass(stage, paces);
            stage.EndControls(ports);
            suspects.RemoveAll(table.Answered!.Contains);
        }

        foreach (var host in stage.IsStopping ? [] : suspects)
        {
            stage.StopAsking(host);
        }
    }

    // Nearly every host limits the ICMP errors that refuse datagrams: a silent port beside a refused one may be refused too, only later.
    private void KeepUnsettled(ConnectStage stage)
    {
        if (!stage.IsDatagrams)
        {
            return;
        }

        long hosts = 0, unsettled = 0;
        for (var host = 0; host < stage.Group.Count; host++)
        {
            var (refused, silent) = stage.Group.IsActive(host) ? CountRefused(stage.Group, host) : (0, 0);
            hosts += refused > 0 && silent > 0 ? 1 : 0;
            unsettled += refused > 0 ? silent : 0;
        }

        stage.Unsettled = unsettled;
        _tally.KeepLimits(hosts, unsettled);
    }

    private static (int Refused, int Silent) CountRefused(HostGroup group, int host)
    {
        var (refused, silent) = (0, 0);
        var ports = group.PortsOf(host);
        for (var port = 0; port < ports.Count; port++)
        {
            if (ports[port].Protocol == TransportProtocol.Udp && group.IsShare(host, port))
            {
                refused += group.StateOf(host, port) == PortState.Closed ? 1 : 0;
                silent += group.IsAnswered(host, port) ? 0 : 1;
            }
        }

        return (refused, silent);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }

    private void RunStage(ConnectStage stage, int pass, ulong position, int passOffset)
    {
        if (stage.Table.Positions == 0)
        {
            return;
        }

        stage.PassOffset = passOffset;
        var workers = Workers(stage);
        var paces = new HostPaces[workers];
        for (var i = 0; i < workers; i++)
        {
            paces[i] = new HostPaces(stage.Group.Count, _settings.Timing);
        }

        var ceiling = Ceiling(stage.Group);
        for (var i = 0; i < workers; i++)
        {
            _workers[i].SetCeiling(workers == 1 ? ceiling * Shares : ceiling);
        }

        if (stage.Kind is { } kind)
        {
            if (stage.Group.TakeLossesBefore(kind) is { } before)
            {
                stage.Loss.Add(before);
            }

            _tally.BeginLosses(() => stage.Losses);
        }

        for (; ; pass++, position = 0)
        {
            stage.BeginPass(pass, position);
            RunPass(stage, paces);
            stage.EndPass();
            FindStopped(stage, paces);
            if (stage.IsStopping || stage.Silent == 0 || pass >= _settings.Timing.MaxRetries
                || (pass > 0 && IsEnough(stage)))
            {
                break;
            }

            // Few answers tell little of loss, so silent ports would be asked again and again: ports that answered tell more, and sooner.
            if (pass == 0 && stage.CanControl && stage.Loss.Found is > 0 and < EnoughAnswers)
            {
                CountControls(stage, paces);
            }

            var loss = LossEstimate.From(stage.Loss, pass + 1, stage.Silent);
            for (var i = 0; i < workers && loss.ProbeLoss > MuchLoss; i++)
            {
                _workers[i].SlowDown();
            }
        }

        // Where nothing was tried twice, only ports that answered can tell how much is lost.
        if (pass == 0 && stage.Silent > 0 && stage.Loss.Found > 0 && stage.CanControl && !stage.IsStopping)
        {
            CountControls(stage, paces);
        }

        if (stage.Kind is not null && !stage.IsStopping)
        {
            KeepUnsettled(stage);
            stage.KeepTiers();
            _tally.EndLosses();
        }

        KeepTimes(stage.Group, paces);
    }

    private void RunPass(ConnectStage stage, HostPaces[] paces)
    {
        using var others = new OtherWorkers(paces.Length - 1, number => _workers[number].Run(stage, paces[number], null));
        void Tick() => stage.Tick(SafePosition(paces.Length));
        _workers[0].Run(stage, paces[0], Tick);
        while (!others.Wait(TimeSpan.FromMilliseconds(20)))
        {
            Tick();
        }

        others.ThrowFailure();
    }

    private ulong SafePosition(int workers)
    {
        var safe = ulong.MaxValue;
        for (var i = 0; i < workers; i++)
        {
            safe = Math.Min(safe, _workers[i].Safe);
        }

        return safe;
    }

    // Where a person set the pace, one worker keeps it exactly.
    private bool IsPaced =>
        _settings.Timing is var timing
            && (timing.ScanDelay > TimeSpan.Zero || timing.MaxRate is > 0 || timing.MaxParallelism is > 0 and < 64);

    private int Shares => IsPaced ? 1 : _cores;

    // Datagrams are never short of a core.
    private int Workers(ConnectStage stage)
    {
        var wanted = IsPaced || stage.Table.Positions < WorthAThread || stage.IsDatagrams ? 1 : _cores;
        while (_workers.Count < wanted)
        {
            _workers.Add(NewWorker(_open()));
        }

        return wanted;
    }

    private double Ceiling(HostGroup group)
    {
        var limits = PaceLimits.OnLink;
        if (IsRouted is not null)
        {
            var known = new Dictionary<(ulong, uint), bool>();
            var shares = new PrefixShares();
            for (var host = 0; host < group.Count; host++)
            {
                // Hosts of unknown status are still to be discovered.
                if (group.StatusOf(host) == HostStatus.Down)
                {
                    continue;
                }

                var address = group.AddressOf(host);
                var prefix = address.IsIPv4 ? (0UL, address.IPv4Bits >> 8) : (address.UpperBits, uint.MaxValue);
                if (!known.TryGetValue(prefix, out var isRouted))
                {
                    isRouted = IsRouted(address);
                    known.Add(prefix, isRouted);
                }

                shares.Add(address, 1, isRouted);
            }

            limits = shares.LargestShare is var share and > 0 ? PaceLimits.Routed(_settings.Timing.PrefixRateFor(share)) : limits;
        }

        return limits.With(_settings.Timing.MinRate, _settings.Timing.MaxRate).Ceiling;
    }

    private ConnectWorker NewWorker(IConnector connector) => new(connector, _clock, _payloads, _settings.Timing, Shares);

    private static void KeepTimes(HostGroup group, HostPaces[] paces)
    {
        for (var host = 0; host < group.Count; host++)
        {
            foreach (var pace in paces)
            {
                if (pace.TimesOf(host) is { HasSample: true } times)
                {
                    group.SetTimes(host, new RoundTrip(times.Smoothed, times.Variation, pace.Timeout(host)));
                    break;
                }
            }
        }
    }
}
