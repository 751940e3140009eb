using Portolan.Model;
using Portolan.Scan.Order;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Probes the ports of a group's hosts: a sweep for all, a pace of their own for hosts that limit their answers.</summary>
internal sealed class PortStage : SweepStage
{
    private const long Late = 900 * RawClock.Millisecond;
    private const int LeastClosed = 8;

    // Hosts are looked at after each pass: of so many scans chance slows one down.
    private const double ByChance = 0.001;

    // Linux sends one ICMP error a second to each destination once the first few are used up (icmp_ratelimit of icmp(7)).
    private const long IcmpLimit = 1100 * RawClock.Millisecond;

    // With a second for each, more ports of a host that refuses by ICMP errors cannot be waited for.
    private const int MostByErrors = 100;

    private const byte SlowTcp = 1;
    private const byte SlowUdp = 2;

    // It seems to have stopped, and only single questions go to its TCP ports.
    private const byte AskedAlone = 4;

    private readonly ControlProbes _controls;
    private readonly HostLosses _byHost;
    private readonly SlowHosts _slow;
    private readonly SilencedHosts _silenced;
    private readonly AllPortsOpenCheck? _everything;
    private readonly byte[] _slowFlags;
    private readonly int[] _closedPort;
    private readonly int[] _openPort;

    // A TCP port of a host that an ICMP error refused, where such an error gives another state than silence does.
    private readonly int[]? _errorPort;
    private readonly bool _isPaused;
    private long _silent;
    private long _slowSilent;
    private readonly LossCounts _refused = new();
    private long _unsettled;
    private bool _areErrorsLost;

    // What is left when hosts that lose far more or less have been put apart; one, or none before the end.
    private volatile LossStratum[] _rest = [];
    private volatile bool _hasLostHosts;
    private long _overAt;
    private long _answered;
    private bool _isResumed;
    private readonly Dictionary<int, bool> _waitsForErrors = [];
    private int _errorChances = 1;
    private long _controlsJudged;
    private int _limitedRefusals;
    private int _limitedProbes;
    private bool _isOver;
    private bool _isSilenceAsked;

    public PortStage(RawContext context, RawGroup raw, IProbeWatch watch)
        : base(context, raw, watch)
    {
        var timing = context.Settings.Timing;
        _isPaused = timing.ScanDelay > TimeSpan.Zero || timing.MaxParallelism > 0;
        _slowFlags = new byte[Group.Count];
        _closedPort = new int[Group.Count];
        Array.Fill(_closedPort, -1);
        _openPort = (int[])_closedPort.Clone();
        if (context.Settings.Tcp is TcpTechnique.Fin or TcpTechnique.Null or TcpTechnique.Xmas)
        {
            _errorPort = new int[Group.Count];
            Array.Fill(_errorPort, -1);
        }

        Pace = new PaceController(LimitsFor(SilentOf, followsPath: true), context.Clock.Now);
        _byHost = new HostLosses(Group.Count);
        var planned = _isPaused || !context.SendsControlProbes ? 0 : Group.ProbeCount / (ulong)Math.Max(1, context.Settings.ShardCount);
        _silenced = new SilencedHosts(Group, Paths, context);
        _controls = new ControlProbes(Group, Paths, context, Pace, Counts, planned, planned)
        {
            Suspects = new SuspectHosts(),
            Silenced = _silenced,
            ByHost = _byHost,
        };
        _slow = new SlowHosts(Group, Paths, context, Rtts, Pace);
        _everything = context.Settings.Tcp == TcpTechnique.Syn && context.Settings.TcpFlags is null
            ? new AllPortsOpenCheck(Group, Paths, context, Rtts)
            : null;
    }

    /// <inheritdoc/>
    public override ulong Count => Group.ProbeCount;

    /// <inheritdoc/>
    protected override long Silent => Volatile.Read(ref _silent) - _slowSilent;

    /// <inheritdoc/>
    protected override LossKind Kind => LossKind.Path;

    /// <inheritdoc/>
    protected override LossStratum Losses => _rest is [var rest] ? rest : base.Losses with
    {
        Counts = WithQuiet(),
        Silent = Math.Max(0, Silent - _unsettled - Unfinished()),
    };

    /// <inheritdoc/>
    protected override bool IsShared => true;

    /// <inheritdoc/>
    protected override IndexPermutation Order => Group.Order;

    private string Name => Context.Settings.Tcp switch
    {
        TcpTechnique.None => "UDP scan",
        TcpTechnique.Syn => "SYN scan",
        TcpTechnique.Ack => "ACK scan",
        TcpTechnique.Null => "NULL scan",
        TcpTechnique.Fin => "FIN scan",
        TcpTechnique.Xmas => "Xmas scan",
        _ => "port scan",
    };

    private SuspectHosts Suspects => _controls.Suspects!;

    /// <summary>Runs the stage.</summary>
    public void Run(ProbeCursor from)
    {
        _isResumed = from != ProbeCursor.Start;
        CountSilent();
        if (_isPaused)
        {
            for (var host = 0; host < Group.Count; host++)
            {
                SetSlow(host, TransportProtocol.Tcp, 0, SlowCause.Asked);
                SetSlow(host, TransportProtocol.Udp, 0, SlowCause.Asked);
            }
        }

        RunSweep(from);
        for (var host = 0; host < Group.Count; host++)
        {
            if (Rtts.TimesOf(host) is { } times)
            {
                Group.SetTimes(host, times);
            }
        }

        if (_limitedRefusals > 0)
        {
            Watch.Warn($"{Hosts(_limitedRefusals, "limited how many refusals to send")} probed slowly");
        }

        if (_limitedProbes > 0)
        {
            Watch.Warn($"{Hosts(_limitedProbes, "answered only so many probes a second")} probed slowly");
        }

        if (!Watch.IsStopping)
        {
            _slow.KeepRest();
            TellLost();
            KeepUnsettled();
            KeepTiers();
            Context.Counters.EndLosses();
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(ulong index, out WantedProbe probe)
    {
        var (host, port) = Group.ProbeAt(index);
        probe = default;
        if (!Group.IsActive(host) || Group.IsAnswered(host, port))
        {
            return false;
        }

        var named = Group.PortsOf(host)[port];
        var isUdp = named.Protocol == TransportProtocol.Udp;
        if ((Volatile.Read(ref _slowFlags[host]) & (isUdp ? SlowUdp : SlowTcp | AskedAlone)) != 0)
        {
            return false;
        }

        probe = new WantedProbe(host, isUdp ? ProbeKind.Udp : ProbeKind.Tcp, named.Port.Value);
        return true;
    }

    /// <inheritdoc/>
    protected override void OnSweepMade()
    {
        Sweep.Controls = _isPaused ? null : _controls;
    }

    /// <inheritdoc/>
    protected override long Step(long now)
    {
        var next = StepSweep(now);
        if (Volatile.Read(ref _silent) <= 0)
        {
            // Everything answered: what is still on its way matters to no host, but a host that answers on everything would.
            _overAt = _overAt == 0 ? now : _overAt;
            return _everything is { Pending: > 0 } && now - _overAt < ShortWait
                ? Earliest(_everything.Step(now), _overAt + ShortWait, now)
                : Done;
        }

        var wait = Rtts.WaitForAll;
        _controls.Expire(now, wait);
        if (next == Done && !_isOver)
        {
            _isOver = true;
            if (Sweep.Pass < MaxRetries)
            {
                SlowDownDatagrams(Sweep.Pass + 1);
            }
        }

        if (next == Done)
        {
            SlowDownLimited();
        }

        if (_slow.RefusedFor(now) > NothingLeaves)
        {
            OnNothingLeaves();
            _slow.End();
        }

        var slowNext = Math.Min(_slow.Step(now), _silenced.Step(now, wait, StopAsking));
        var everythingNext = _everything?.Step(now) ?? long.MaxValue;
        var controlNext = TopUp(now);
        if (next != Done)
        {
            return Earliest(Math.Min(next, slowNext), Math.Min(everythingNext, controlNext), now);
        }

        if (_slow.IsDone && _everything is null or { Pending: 0 } && _controls.InFlight == 0)
        {
            if (!_isSilenceAsked)
            {
                _isSilenceAsked = true;
                AskSilenced(SilencedHosts.Suspicious, static _ => { });
            }

            if (_silenced.Pending == 0)
            {
                return Done;
            }

            slowNext = Math.Min(slowNext, _silenced.Step(now, wait, StopAsking));
        }

        return Earliest(Math.Min(slowNext, everythingNext), Math.Min(controlNext, _controls.NextExpiry(wait)), now);
    }

    /// <inheritdoc/>
    protected override void OnNextPass(int pass)
    {
        SlowDownLimited();
        AskSilenced(SilencedHosts.Certain, host => BeginSlow(host, SlowCause.Refusals, pass));
        Suspects.Clear();
        _errorChances += WaitsForErrors(pass) ? 1 : 0;
        if (pass == 1 && Context.Settings.ShardCount > 1 && !_isResumed)
        {
            // Which ports of a host are this share's is known only now that the pass has met them all.
            _silent = Math.Max(0, Sweep.SentInPass - _answered);
        }

        SlowDownDatagrams(pass);
        for (var host = 0; host < Group.Count; host++)
        {
            if (!Group.IsActive(host) || _closedPort[host] < 0 || SilentOf(host) is not (var silent and > 0))
            {
                continue;
            }

            if (!HasClosedDatagram(host) && !IsRefusedByErrors(host) && Group.AnsweredCount(host) >= LeastClosed
                && (_slowFlags[host] & SlowTcp) == 0)
            {
                Suspects.Add(host, _closedPort[host], (int)Math.Min(silent, int.MaxValue));
            }
        }

        Pace.SetCeiling(Context.Clock.Now, LimitsFor(SilentOf, followsPath: true).Ceiling);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<LossStratum> Tiers() =>
        Group.Count == 1 || _isPaused ? [Losses] : _byHost.Tiers(Losses, SilentInSweep, CountsQuiet);

    /// <inheritdoc/>
    protected override long WaitBefore(int pass) => WaitsForErrors(pass) ? Math.Max(IcmpLimit, Rtts.WaitForAll) : Rtts.WaitForAll;

    /// <inheritdoc/>
    protected override void OnNothingLeaves()
    {
        for (var host = 0; host < Group.Count; host++)
        {
            if (SilentOf(host) > 0)
            {
                Group.MarkUnprobed(host);
                _hasLostHosts = true;
            }
        }

        Watch.Warn($"no frame could be sent ({Context.Sender.LastRefusal.Cause}); some ports were not probed");
    }

    /// <inheritdoc/>
    protected override StageStatus Status(long now) => new(Name, SweepProgress, null, _isPaused ? ProbeCursor.Start : Sweep.Cursor(now));

    /// <inheritdoc/>
    protected override void OnReply(in ProbeReply reply, long receivedAt)
    {
        if (reply.Kind is not (ProbeKind.Tcp or ProbeKind.Udp) || Group.IndexOf(reply.Target) is not (var host and >= 0))
        {
            return;
        }

        var protocol = reply.Kind == ProbeKind.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
        var named = new ProbePort(protocol, new PortNumber(reply.Port));
        var port = Group.PortsOf(host).IndexOf(named);
        if (protocol == TransportProtocol.Tcp)
        {
            _everything?.OnReply(host, reply);
        }

        if (port < 0)
        {
            return;
        }

        if (reply.Tag.IsControl)
        {
            if (_controls.Take(host, port, reply.Tag, Context.Clock.Now, out var controlSentAt))
            {
                _silenced.OnAnswer(host, port, Group.StateOf(host, port) == PortState.Open, Context.Clock.Now);
                Context.Counters.CountReply(isControl: true);
                Rtts.Add(host, receivedAt - controlSentAt);
            }

            return;
        }

        if ((_slowFlags[host] & AskedAlone) != 0 && protocol == TransportProtocol.Tcp && Group.IsAnswered(host, port))
        {
            _silenced.OnAnswerAlone(host, port);
            Context.Counters.CountReply(isControl: true);
            return;
        }

        OnPortReply(host, port, named, reply, receivedAt);
    }

    private void OnPortReply(int host, int port, ProbePort named, in ProbeReply reply, long receivedAt)
    {
        // Of an RST a host may send as many as it likes, and still hold back ICMP errors: each kind has controls of its own.
        var isTcp = named.Protocol == TransportProtocol.Tcp;
        var isError = isTcp && _errorPort is not null && reply.State == PortState.Filtered;
        var isClosed = isTcp && IsRefusedByErrors(host) ? isError : reply.State is PortState.Closed or PortState.Unfiltered;
        var isSlow = (_slowFlags[host] & (isTcp ? SlowTcp | AskedAlone : SlowUdp)) != 0;
        var slowSentAt = isSlow ? _slow.OnAnswer(host, port, named.Protocol, isClosed) : -1;
        if (!Group.TryProbeOf(host, port, out var index) || !Sweep.TryPositionOf(index, out var position))
        {
            return;
        }

        var sentAt = slowSentAt;
        if (sentAt < 0 && !Sweep.Times.TryRead(reply.Tag.Attempt, position, receivedAt, out sentAt) && !isSlow)
        {
            // An answer to a probe that this run did not send.
            return;
        }

        if (isTcp && sentAt >= 0 && !IsLate(host, sentAt, receivedAt) && IsUnlimited(reply.Reason))
        {
            _silenced.OnAnswer(host, port, reply.State == PortState.Open, Context.Clock.Now);
            if (!isSlow)
            {
                _silenced.OnPassAnswer(host, reply.Tag.Attempt, position);
            }
        }

        Context.Counters.CountReply();
        if (!Group.IsActive(host))
        {
            return;
        }

        var result = new PortResult(
            named, reply.State, reply.Reason, reply.TimeToLive, reply.Evidence, reply.IsFromTarget ? null : reply.Reporter);
        if (!Group.Record(host, port, result))
        {
            return;
        }

        _silent--;
        _answered++;
        _slowSilent -= isSlow ? 1 : 0;
        if (isError)
        {
            _errorPort![host] = port;
        }
        else if (reply.State is PortState.Closed or PortState.Unfiltered)
        {
            _closedPort[host] = port;
        }

        if (reply.State == PortState.Open && named.Protocol == TransportProtocol.Tcp)
        {
            _openPort[host] = port;
            _everything?.Begin(host);
        }

        if (isSlow)
        {
            if (slowSentAt >= 0)
            {
                Rtts.Add(host, receivedAt - slowSentAt);
            }

            return;
        }

        CountAnswer(host, port, reply, sentAt, receivedAt);
    }

    private void CountAnswer(int host, int port, in ProbeReply reply, long sentAt, long receivedAt)
    {
        var isUnlimited = IsUnlimited(reply.Reason);
        if (IsLate(host, sentAt, receivedAt))
        {
            // The target repeated its answer by itself: found, but the probe's own answer was lost.
            if (isUnlimited)
            {
                var last = Math.Max(reply.Tag.Attempt, AttemptsMade(receivedAt, host, port));
                Counts.CountLate(last);
                _byHost.CountLate(host, last, reply.Reason == ReplyReason.Reset);
            }

            return;
        }

        if (!isUnlimited)
        {
            _refused.CountAnswer(0);
        }

        OnTimelyAnswer(host, isUnlimited ? reply.Tag.Attempt : 1, sentAt, receivedAt);
        if (isUnlimited)
        {
            Counts.CountAnswer(reply.Tag.Attempt);
            _byHost.CountAnswer(host, reply.Tag.Attempt, reply.Reason == ReplyReason.Reset);
            _controls.Offer(host, port);
        }
    }

    // Refusals by ICMP are limited nearly everywhere: they tell nothing of loss.
    private static bool IsUnlimited(ReplyReason reason) =>
        reason is ReplyReason.SynAck or ReplyReason.Reset or ReplyReason.UdpResponse or ReplyReason.SynProxy;

    private bool IsLate(int host, long sentAt, long receivedAt) =>
        receivedAt - sentAt >= Math.Max(Late, 2 * RawClock.Of(Rtts.TimesOf(host)?.Smoothed ?? TimeSpan.Zero));

    // The last attempt made to a port until now.
    private int AttemptsMade(long now, int host, int port) =>
        Group.TryProbeOf(host, port, out var index) && Sweep.TryPositionOf(index, out var position)
            && Sweep.Times.TryRead(Sweep.Pass, position, now, out _)
            ? Sweep.Pass : Math.Max(0, Sweep.Pass - 1);

    private long ShortWait => Math.Max(5 * RawClock.Millisecond, Math.Min(RawClock.Second, Rtts.WaitForAll / 4));

    // Control probes that the passes had no room for are spread over the waits between them.
    private long TopUp(long now)
    {
        if (_isPaused || !IsWaiting || IsSweepOver || _controls.Missing == 0)
        {
            return long.MaxValue;
        }

        var left = (WaitsUntil - now) / 2;
        var step = Math.Max(RawClock.Millisecond, left / 64);
        for (var count = left <= step ? _controls.Missing : Math.Max(1, _controls.Missing * step / Math.Max(1, left)); count > 0; count--)
        {
            if (Pace.Take(now, 1) == 0)
            {
                break;
            }

            _controls.SendOne(Context.Sender, now, isQuiet: true);
        }

        Context.Sender.Flush();
        return now + step;
    }

    // Silence and an ICMP error say different things of a port.
    private bool AsksForErrors => Context.Settings.Udp || _errorPort is not null;

    private bool IsRefusedByErrors(int host) => _errorPort?[host] >= 0;

    // A host that sent no ICMP error may have used up what it may send: it gets the time to be allowed one, until hardly all of them were
    // lost.
    private bool WaitsForErrors(int pass)
    {
        if (pass == 0 || !AsksForErrors)
        {
            return false;
        }

        if (!_waitsForErrors.TryGetValue(pass, out var waits))
        {
            _waitsForErrors[pass] = waits = (pass == 1 || MayAllErrorsBeLost()) && FindSilentWithoutErrors();
        }

        return waits;
    }

    private bool MayAllErrorsBeLost()
    {
        const double Unlikely = 0.01;
        return Math.Pow(LossBound.Of([Losses]).Loss, _errorChances) > Unlikely;
    }

    private bool FindSilentWithoutErrors()
    {
        ProbePorts? withoutErrors = null;
        for (var host = 0; host < Group.Count; host++)
        {
            var ports = Group.PortsOf(host);
            if (ReferenceEquals(ports, withoutErrors) || SilentOf(host) == 0)
            {
                continue;
            }

            var hasErrors = false;
            var (waitsForTcp, waitsForUdp) = (
                _errorPort is not null && !IsRefusedByErrors(host) && (_slowFlags[host] & SlowTcp) == 0,
                !HasClosedDatagram(host) && (_slowFlags[host] & SlowUdp) == 0);
            for (var port = 0; port < ports.Count; port++)
            {
                var isUdp = ports[port].Protocol == TransportProtocol.Udp;
                hasErrors |= isUdp || _errorPort is not null;
                if ((isUdp ? waitsForUdp : waitsForTcp) && !Group.IsAnswered(host, port))
                {
                    return true;
                }
            }

            withoutErrors = hasErrors ? withoutErrors : ports;
        }

        return false;
    }

    private bool HasClosedDatagram(int host) =>
        _closedPort[host] is var closed and >= 0 && Group.PortsOf(host)[closed].Protocol == TransportProtocol.Udp;

    // Every Linux host limits its ICMP errors: where one came, silence of the rest says nothing yet.
    private void SlowDownDatagrams(int pass)
    {
        for (var host = 0; host < Group.Count; host++)
        {
            if (HasClosedDatagram(host))
            {
                SetSlow(host, TransportProtocol.Udp, pass, SlowCause.Errors);
            }

            if (IsRefusedByErrors(host) && SilentOf(host, TransportProtocol.Tcp) <= MostByErrors)
            {
                SetSlow(host, TransportProtocol.Tcp, pass, SlowCause.Errors);
            }
        }
    }

    private void SlowDownLimited()
    {
        var ended = Counts.Controls + _controls.Quiet.Controls;
        if (_isPaused || (Suspects.IsEmpty && ended == _controlsJudged))
        {
            return;
        }

        _controlsJudged = ended;
        SlowDownRefusals();
        SlowDownProbes();
        Suspects.Clear();
    }

    private void SlowDownRefusals()
    {
        // What suspects refuse to answer must not excuse them.
        var others = new LossCounts();
        others.Add(Counts);
        foreach (var host in Suspects.Hosts)
        {
            _byHost.TakeBackRefusals(host, others);
        }

        foreach (var host in Suspects.FindLimited(LossEstimate.From(others, Sweep.Pass + 1, Math.Max(0, Silent)).ProbeLoss))
        {
            var (_, acceptances, _) = _byHost.ControlsOf(host);
            SlowDown(host, acceptances.Value < 1 - SuspectHosts.LeastShare ? SlowCause.Probes : SlowCause.Refusals);
        }
    }

    // Most of what ports that answer were asked again is lost on some host, and not on others: slower, it may be less.
    private void SlowDownProbes()
    {
        var lossy = _byHost.Controlled.Select(host => (Host: host, Controls: _byHost.ControlsOf(host).All + Suspects.ControlsOf(host)))
            .Where(h => h.Controls.Value < 1 - SuspectHosts.LeastShare && MayBeSlowed(h.Host)).ToList();
        if (lossy.Count == 0)
        {
            return;
        }

        var others = new LossCounts();
        others.Add(Counts);
        lossy.ForEach(h => _byHost.TakeBack(h.Host, others));
        var loss = LossEstimate.From(others, Sweep.Pass + 1, Math.Max(0, Silent)).ProbeLoss;
        foreach (var (host, controls) in lossy)
        {
            if (SuspectHosts.IsLimited(controls, loss, ByChance / Group.Count))
            {
                SlowDown(host, SlowCause.Probes);
            }
        }
    }

    private void AskSilenced(int least, Action<int> whenAnswered)
    {
        for (var host = 0; host < Group.Count; host++)
        {
            if (_silenced.IsSuspicious(host, least) && Group.IsActive(host) && (_slowFlags[host] & (SlowTcp | AskedAlone)) == 0)
            {
                var number = host;
                TryAskAlone(host, () => whenAnswered(number));
            }
        }
    }

    private bool MayBeSlowed(int host) => Group.IsActive(host) && (_slowFlags[host] & (SlowTcp | AskedAlone)) == 0 && SilentOf(host) > 0;

    private void SlowDown(int host, SlowCause cause)
    {
        if (cause == SlowCause.Probes)
        {
            _byHost.TakeBack(host, Counts);
            _byHost.Forget(host);
        }
        else
        {
            _byHost.TakeBackRefusals(host, Counts);
            _byHost.ForgetRefusals(host);
        }

        _controls.ForgetQuiet();

        Suspects.Exclude(host);

        // What went into a limit was no attempt.
        var round = cause == SlowCause.Probes ? 0 : Sweep.Pass + 1;
        if (!TryAskAlone(host, () => BeginSlow(host, cause, round)))
        {
            BeginSlow(host, cause, round);
        }
    }

    private void BeginSlow(int host, SlowCause cause, int round)
    {
        _limitedProbes += cause == SlowCause.Probes ? 1 : 0;
        _limitedRefusals += cause == SlowCause.Refusals ? 1 : 0;
        SetSlow(host, TransportProtocol.Tcp, round, cause == SlowCause.Refusals && IsRefusedByErrors(host) ? SlowCause.Errors : cause);
    }

    // Nothing that such a host leaves without an answer can be relied on.
    private void TellLost()
    {
        var lost = _slow.Lost.Where(l => Group.IsActive(l.Host)).ToList();
        foreach (var host in _byHost.Controlled)
        {
            if (MayBeSlowed(host) && _byHost.ControlsOf(host).All.IsMostlyLost)
            {
                lost.Add((host, false));
            }
        }

        if (lost.Count == 0)
        {
            return;
        }

        var who = lost.Count == 1 ? Group.AddressOf(lost[0].Host).ToString() : $"{lost.Count} hosts";
        Watch.Incomplete(lost.TrueForAll(static l => l.IsDead)
            ? $"{who} stopped answering: scan again later, or from another address"
            : $"most probes to {who} were lost: scan again with more --max-retries or a lower --max-rate");
    }

    private static string Hosts(int count, string did) => count == 1 ? $"1 host {did}; it was" : $"{count} hosts {did}; they were";

    // Is it a limit or a block? Nothing else is asked of its TCP ports until that is known.
    private bool TryAskAlone(int host, Action whenAnswered)
    {
        if (!_silenced.IsSuspicious(host, SilencedHosts.Suspicious) || SilentOf(host, TransportProtocol.Tcp) is not (var silent and > 0))
        {
            return false;
        }

        _slowFlags[host] |= AskedAlone;
        _slowSilent += silent;
        _silenced.Begin(host, () =>
        {
            _slowFlags[host] &= unchecked((byte)~AskedAlone);
            _slowSilent -= Group.IsActive(host) ? SilentOf(host, TransportProtocol.Tcp) : 0;
            whenAnswered();
        });
        return true;
    }

    // What it did not answer until then is unknown: these ports were not asked, as far as the host is concerned.
    private void StopAsking(int host)
    {
        var probes = _silenced.ProbesUntilLastAnswer(
            host, port => Group.TryProbeOf(host, port, out var index) && Sweep.TryPositionOf(index, out var position) ? position : null);
        Group.MarkStopped(host, probes, TransportProtocol.Tcp);
        Suspects.Stop(host);

        // What it did not answer is its own doing, and no loss of the path.
        var (lost, lostInQuiet) = _byHost.TakeBackLost(host, _silenced.LostSince(host));
        Counts.CountControls(-lost, -lost);
        _controls.Quiet.CountControls(-lostInQuiet, -lostInQuiet);
    }

    private void SetSlow(int host, TransportProtocol protocol, int round, SlowCause cause)
    {
        var flag = FlagOf(protocol);
        if (!Group.IsActive(host) || (_slowFlags[host] & flag) != 0)
        {
            return;
        }

        var ports = Group.PortsOf(host);
        var silent = SilentOf(host, protocol);
        if (silent == 0)
        {
            return;
        }

        _slowFlags[host] |= flag;
        _slowSilent += silent;
        if (cause is SlowCause.Refusals or SlowCause.Probes)
        {
            Suspects.Exclude(host);
        }

        var order = Context.Settings.OrderOf((ulong)ports.Count, Context.Settings.Seed ^ (ulong)host);
        var refused = protocol == TransportProtocol.Tcp && cause == SlowCause.Errors ? _errorPort![host] : _closedPort[host];
        var known = refused >= 0 && ports[refused].Protocol == protocol ? refused : cause == SlowCause.Probes ? _openPort[host] : -1;
        _slow.Add(host, protocol, Math.Min(round, MaxRetries), known, cause, place => (int)order.At((ulong)place));
    }

    // Refused datagrams are limited nearly everywhere: without a pace of its own a host's silence cannot be told from a refusal held back.
    // A host that sent none had a chance in each pass that waited for one; all of them may have been lost.
    private void KeepUnsettled()
    {
        long hosts = 0;
        _areErrorsLost = AsksForErrors && MayAllErrorsBeLost();
        for (var host = 0; AsksForErrors && host < Group.Count; host++)
        {
            foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Udp, TransportProtocol.Tcp])
            {
                var isRefused = protocol == TransportProtocol.Udp ? HasClosedDatagram(host) : IsRefusedByErrors(host);
                if (Group.IsActive(host) && !Group.IsUnprobed(host) && (_slowFlags[host] & FlagOf(protocol)) == 0
                    && Group.StoppedAfter(host) is null && IsUnsettled(host, protocol)
                    && SilentOf(host, protocol) is var silent and > 0)
                {
                    hosts += isRefused ? 1 : 0;
                    _unsettled += silent;
                }
            }
        }

        Context.Counters.KeepLimits(hosts, _unsettled);
        _refused.CountAnswer(0, -Math.Min(_refused.AnsweredAt(0), _slow.RefusedBefore));
        Context.Counters.KeepLosses(new LossStratum(LossKind.Limited, 1, _refused, 0));
    }

    // From now on the counts of the stage are those of the rest.
    private void KeepTiers()
    {
        var tiers = Tiers();
        foreach (var tier in tiers.Skip(1))
        {
            Context.Counters.KeepLosses(tier);
        }

        _rest = [tiers[0]];
    }

    // Silent ports that the passes asked and that count as such.
    private long SilentInSweep(int host)
    {
        if (!Group.IsActive(host))
        {
            return 0;
        }

        long silent = 0;
        var (isTcpUnsettled, isUdpUnsettled) = (IsUnsettled(host, TransportProtocol.Tcp), IsUnsettled(host, TransportProtocol.Udp));
        var ports = Group.PortsOf(host);
        for (var port = 0; port < ports.Count; port++)
        {
            var isUdp = ports[port].Protocol == TransportProtocol.Udp;
            silent += !Group.IsAnswered(host, port) && (_slowFlags[host] & (isUdp ? SlowUdp : SlowTcp | AskedAlone)) == 0
                && !(isUdp ? isUdpUnsettled : isTcpUnsettled)
                ? 1
                : 0;
        }

        return silent;
    }

    // What silent ports of a protocol are cannot be told: refusals of the host may have been held back, or all have been lost.
    private bool IsUnsettled(int host, TransportProtocol protocol) => protocol == TransportProtocol.Udp
        ? HasClosedDatagram(host) || _areErrorsLost
        : _errorPort is not null && (IsRefusedByErrors(host) || _areErrorsLost);

    private static byte FlagOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? SlowUdp : SlowTcp;

    private int SilentOf(int host, TransportProtocol protocol)
    {
        var silent = 0;
        var ports = Group.PortsOf(host);
        for (var port = 0; Group.AnsweredCount(host) < ports.Count && port < ports.Count; port++)
        {
            silent += ports[port].Protocol == protocol && !Group.IsAnswered(host, port) ? 1 : 0;
        }

        return silent;
    }

    // Control probes of the waits are part of the sample unless far fewer of them were lost: then the passes lose by their pace, and so did
    // the probes.
    private LossCounts WithQuiet()
    {
        var counts = new LossCounts();
        counts.Add(Counts);
        if (CountsQuiet)
        {
            counts.Add(_controls.Quiet);
        }

        return counts;
    }

    private bool CountsQuiet
    {
        get
        {
            const double TwoSigmas = 2;
            var quiet = _controls.Quiet;
            return !new AnswerShare(Counts.Controls, Counts.Controls - Counts.ControlsLost).IsBelow(
                new AnswerShare(quiet.Controls, quiet.Controls - quiet.ControlsLost), 0, TwoSigmas);
        }
    }

    private void CountSilent()
    {
        for (var host = 0; host < Group.Count; host++)
        {
            _silent += Paths.TryFind(host, out _, out _) ? SilentOf(host) : 0;
        }

    }

    // Silent ports of hosts that were given up, or that nothing could be sent to, are unfinished and not silent.
    private long Unfinished()
    {
        long count = 0;
        for (var host = 0; (_hasLostHosts || Context.Settings.Timing.HostTimeout > TimeSpan.Zero) && host < Group.Count; host++)
        {
            count += Group.IsGivenUp(host) || Group.IsUnprobed(host)
                ? Math.Max(0, Group.PortsOf(host).Count - Group.AnsweredCount(host))
                : 0;
        }

        return count;
    }

    private long SilentOf(int host) => Group.IsActive(host) ? Group.PortsOf(host).Count - Group.AnsweredCount(host) : 0;

    private static long Earliest(long first, long second, long now) => Math.Max(Math.Min(first, second), now);
}
