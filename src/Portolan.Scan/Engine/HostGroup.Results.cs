using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>What is known of the hosts and their ports.</summary>
public sealed partial class HostGroup
{
    private const byte GivenUp = 1;
    private const byte SilenceJudged = 2;
    private const byte Everything = 4;
    private const byte Unprobed = 8;

    private readonly SilenceMeaning _silence;
    private readonly byte[] _statuses;
    private readonly byte[] _reasons;
    private readonly byte[] _timesToLive;
    private readonly byte[] _flags;
    private readonly HostPage?[] _pages;
    private readonly FindingQueue _found = new();
    private readonly FindingQueue _held = new();
    private readonly Lock _besideGate = new();
    private readonly Dictionary<int, MacAddress> _hardwareAddresses = [];
    private PackedTimes[]? _times;
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<int, long> _stopped = [];
    private readonly Dictionary<(int Host, int Port), (byte[] Text, BannerState State)> _banners = [];
    private readonly Dictionary<(int Host, int Port), ServiceAnswer> _answers = [];
    private readonly Dictionary<int, HostTrace> _traces = [];
    private int _factLength;
    private readonly HashSet<(int Host, int Port)> _released = [];
    private int _holders;
    private bool _wantsBanners;
    private volatile bool _hasBanners;
    private int _bannerBytes;
    private int[]? _toHear;
    private volatile HeldPorts _holds;

    /// <summary>Up, down or not known yet.</summary>
    public HostStatus StatusOf(int host) => (HostStatus)Volatile.Read(ref _statuses[host]);

    /// <summary>What discovery said of a host.</summary>
    public HostResult HostOf(int host)
    {
        MacAddress? hardware;
        lock (_besideGate)
        {
            hardware = _hardwareAddresses.TryGetValue(host, out var address) ? address : null;
        }

        return new HostResult(this[host], StatusOf(host), (ReplyReason)_reasons[host], _timesToLive[host], hardware);
    }

    /// <summary>
    /// Keeps what is known of a host. The first status stays, except that a host thought down is up when it answers after all. A hardware
    /// address is added whenever it comes.
    /// </summary>
    /// <returns>The status is new.</returns>
    public bool SetHost(int host, in HostResult result)
    {
        lock (_besideGate)
        {
            if (result.HardwareAddress is { } address)
            {
                _hardwareAddresses[host] = address;
            }

            var before = StatusOf(host);
            if (result.Status == HostStatus.Unknown || before == HostStatus.Up || before == result.Status)
            {
                return false;
            }

            _reasons[host] = (byte)result.Reason;
            _timesToLive[host] = result.TimeToLive;
            Volatile.Write(ref _statuses[host], (byte)result.Status);
        }

        _found.Add(new GroupFinding(host, -1, (byte)result.Status));
        return true;
    }

    /// <summary>
    /// Keeps the result of a port that answered. Allocates only with a host's first answer, and for ports that differ from their like.
    /// </summary>
    /// <param name="host">The host's number.</param>
    /// <param name="port">The port's number among <see cref="PortsOf"/>.</param>
    /// <param name="result">Not <see cref="PortState.Unknown"/>.</param>
    /// <returns><c>true</c> the first time.</returns>
    public bool Record(int host, int port, in PortResult result)
    {
        var (isFirst, isChange) = PageOf(host).Record(port, result);
        if (isChange)
        {
            var queue = IsHeld(result) ? _held : _found;
            queue.Add(new GroupFinding(host, port, HostPage.Pack(result.State, result.Reason)));
        }

        return isFirst;
    }

    /// <summary>The port has its result. Cheap; no lock.</summary>
    public bool IsAnswered(int host, int port) => Volatile.Read(ref _pages[host]) is { } page && page.CodeOf(port) != 0;

    /// <summary>State and reason of an answered port; <see cref="PortState.Unknown"/> while unanswered.</summary>
    public PortState StateOf(int host, int port) =>
        Volatile.Read(ref _pages[host]) is { } page ? HostPage.Unpack(page.CodeOf(port)).State : PortState.Unknown;

    /// <summary>How many of the host's ports are answered.</summary>
    public int AnsweredCount(int host) => Volatile.Read(ref _pages[host])?.Answered ?? 0;

    /// <summary>Ports of this host are to be probed: it is up and not given up.</summary>
    public bool IsActive(int host) => StatusOf(host) == HostStatus.Up && (Volatile.Read(ref _flags[host]) & GivenUp) == 0;

    /// <summary>Its time is over (<c>--host-timeout</c>): probe it no more; its ports say nothing.</summary>
    public void GiveUp(int host) => SetFlag(host, GivenUp);

    /// <summary>Its time was over.</summary>
    public bool IsGivenUp(int host) => HasFlag(host, GivenUp);

    /// <summary>Ports that nothing listens on looked open.</summary>
    public void MarkAnswersEverything(int host) => SetFlag(host, Everything);

    /// <summary>See <see cref="MarkAnswersEverything"/>.</summary>
    public bool AnswersEverything(int host) => HasFlag(host, Everything);

    /// <summary>No probe of the port could leave this host: its silence says nothing, and the host's report is partial.</summary>
    public void MarkUnprobed(int host, int port) => PageOf(host).MarkUnprobed(port);

    /// <summary>No probe to the host could leave (no route to it): the silence of its ports says nothing.</summary>
    public void MarkUnprobed(int host) => SetFlag(host, Unprobed);

    /// <summary>
    /// It answered and then stopped, so it may block this host: what it has not answered of a protocol is not known, and not silent.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="probes">About how many probes it was sent until then.</param>
    /// <param name="protocol">The protocol.</param>
    internal void MarkStopped(int host, long probes, TransportProtocol protocol)
    {
        lock (_besideGate)
        {
            _stopped[host] = probes;
        }

        var ports = PortsOf(host);
        for (var port = 0; port < ports.Count; port++)
        {
            if (ports[port].Protocol == protocol && !IsAnswered(host, port))
            {
                MarkUnprobed(host, port);
            }
        }
    }

    /// <summary>See <see cref="MarkStopped"/>; <c>null</c> for a host that did not stop.</summary>
    internal long? StoppedAfter(int host)
    {
        lock (_besideGate)
        {
            return _stopped.TryGetValue(host, out var probes) ? probes : null;
        }
    }

    /// <summary>The host's round-trip times, for its report.</summary>
    public void SetTimes(int host, RoundTrip times)
    {
        lock (_besideGate)
        {
            (_times ??= new PackedTimes[Count])[host] = new PackedTimes(times);
        }
    }

    /// <summary>
    /// Open ports of a kind are not told from now on. A prober around another holds more than that one, and holds until it lets go itself.
    /// </summary>
    internal void HoldOpen(HeldPorts ports)
    {
        _holders++;
        _holds = ports > _holds ? ports : _holds;
    }

    /// <summary>It is heard what services say first: a host has as many ports that may still speak as it is named times.</summary>
    internal void BeginHearing(IEnumerable<int> hosts)
    {
        var left = new int[Count];
        foreach (var host in hosts)
        {
            left[host]++;
        }

        Volatile.Write(ref _toHear, left);
    }

    /// <summary>One port of a host says no more.</summary>
    internal void EndHearing(int host) => Interlocked.Decrement(ref _toHear![host]);

    /// <summary>It was begun to hear what services say first.</summary>
    internal bool IsHearing => Volatile.Read(ref _toHear) is not null;

    /// <summary>Ports of the host may still say something.</summary>
    internal bool IsHeard(int host) => Volatile.Read(ref _toHear) is { } left && Volatile.Read(ref left[host]) > 0;

    /// <summary>This host lost its way to a service before it was heard what that says first.</summary>
    internal void LoseBanner() => HasLostBanner = true;

    /// <summary>See <see cref="LoseBanner"/>.</summary>
    internal bool HasLostBanner { get; private set; }

    /// <summary>Open ports that are known and not told yet (<see cref="HoldOpen"/>).</summary>
    internal int HeldOpen => _held.Count - _released.Count;

    /// <summary>Ports whose banner found no room.</summary>
    internal int BannersLeftOut { get; private set; }

    /// <summary>Keeps what the service of an open port said first, if there is room (<see cref="MaxBannerBytes"/>).</summary>
    internal void SetBanner(int host, int port, ReadOnlySpan<byte> text, BannerState state)
    {
        lock (_banners)
        {
            if (_bannerBytes + text.Length > MaxBannerBytes)
            {
                BannersLeftOut++;
            }
            else if (_banners.TryAdd((host, port), (text.ToArray(), state)))
            {
                _bannerBytes += text.Length;
                _hasBanners = true;
            }
        }
    }

    /// <summary>It was heard what the service of a port says first, if only that it says nothing.</summary>
    internal bool HasHeard(int host, int port) => BannerOf(host, port).State != BannerState.None;

    private (byte[]? Text, BannerState State) BannerOf(int host, int port)
    {
        if (!_hasBanners)
        {
            return default;
        }

        lock (_banners)
        {
            return _banners.TryGetValue((host, port), out var heard) ? heard : default;
        }
    }

    /// <summary>Keeps what a port is, if there is room (<see cref="MaxAnswers"/>).</summary>
    internal void SetAnswer(int host, int port, ServiceAnswer answer)
    {
        var evidence = answer.Outcome switch
        {
            ServiceOutcome.Identified => Evidence.Identified,
            ServiceOutcome.Unknown when answer.AskedWith is not null => Evidence.AcceptedData,
            ServiceOutcome.Unreachable or ServiceOutcome.NotSent or ServiceOutcome.None => Evidence.None,
            _ => Evidence.Handshake,
        };
        var result = ResultOf(host, port);
        if (evidence > result.Evidence)
        {
            PageOf(host).Record(port, result with { Evidence = evidence });
        }

        if (_wantsBanners && answer.Greeting is { } greeting)
        {
            SetBanner(host, port, greeting.Span, greeting.IsEmpty ? BannerState.Silent : BannerState.Complete);
        }

        lock (_answers)
        {
            if (_answers.Count < MaxAnswers)
            {
                _answers[(host, port)] = answer with { Greeting = null, Certificate = default, Facts = Fitting(answer.Facts) };
            }
        }
    }

    /// <summary>Ports whose facts found no room (<see cref="MaxFactLength"/>).</summary>
    internal int FactsLeftOut { get; private set; }

    private IReadOnlyList<Fact>? Fitting(IReadOnlyList<Fact>? facts)
    {
        if (facts is null or [])
        {
            return facts;
        }

        var length = facts.Sum(static fact => fact.Length);
        if (_factLength + length > MaxFactLength)
        {
            FactsLeftOut++;
            return [];
        }

        _factLength += length;
        return facts;
    }

    /// <summary>What a port is; <c>null</c> where it was not asked.</summary>
    internal ServiceAnswer? AnswerOf(int host, int port)
    {
        lock (_answers)
        {
            return _answers.GetValueOrDefault((host, port));
        }
    }

    /// <summary>Keeps the way to a host.</summary>
    internal void SetTrace(int host, HostTrace trace)
    {
        lock (_besideGate)
        {
            _traces[host] = trace;
        }
    }

    /// <summary>The way to a host; <c>null</c> where it was not traced.</summary>
    internal HostTrace? TraceOf(int host)
    {
        lock (_besideGate)
        {
            return _traces.GetValueOrDefault(host);
        }
    }

    /// <summary>Tells one port that was held.</summary>
    internal void Release(int host, int port)
    {
        if (_released.Add((host, port)))
        {
            var result = ResultOf(host, port);
            _found.Add(new GroupFinding(host, port, HostPage.Pack(result.State, result.Reason)));
        }
    }

    /// <summary>Reports those of the held ports whose services are known already.</summary>
    internal void ReleaseAnswered()
    {
        foreach (var finding in _held.TakeAll())
        {
            var isKnown = AnswerOf(finding.Host, finding.Port) is not (null or { Outcome: ServiceOutcome.NotSent });
            (isKnown ? _found : _held).Add(finding);
        }
    }

    /// <summary>Reports what was held, where nobody else holds it.</summary>
    internal void ReleaseOpen()
    {
        if (--_holders > 0)
        {
            return;
        }

        _holds = HeldPorts.None;
        foreach (var finding in _held.TakeAll())
        {
            if (!_released.Remove((finding.Host, finding.Port)))
            {
                _found.Add(finding);
            }
        }
    }

    /// <summary>
    /// Discovery is over: hosts that said nothing are down, or up when the person said so, except those that could not be asked.
    /// </summary>
    internal void JudgeSilentHosts(bool isUserSet)
    {
        var (status, reason) = isUserSet ? (HostStatus.Up, ReplyReason.UserSet) : (HostStatus.Down, ReplyReason.NoResponse);
        for (var i = 0; i < Count; i++)
        {
            if (!HasUnprobed(i) && StatusOf(i) == HostStatus.Unknown)
            {
                SetHost(i, new HostResult(this[i], status, reason, 0, null));
            }
        }
    }

    /// <summary>
    /// All probes of the host were sent and waited for, so its silent ports are judged. The run does this when a stage ends in order.
    /// </summary>
    internal void JudgeSilence(int host) => SetFlag(host, SilenceJudged);

    internal bool IsSilenceJudged(int host) => HasFlag(host, SilenceJudged) && !HasFlag(host, Unprobed);

    internal bool HasUnprobed(int host) => HasFlag(host, Unprobed) || (_pages[host]?.HasUnprobed ?? false);

    internal bool IsUnprobed(int host, int port) => HasFlag(host, Unprobed) || (_pages[host]?.IsUnprobed(port) ?? false);

    /// <summary>Ports of a host that is up without a result: not asked, not waited for, or given up.</summary>
    /// <param name="host">The host.</param>
    /// <param name="planned">Ports of it that this run is to probe.</param>
    internal long UnfinishedPorts(int host, long planned)
    {
        if (StatusOf(host) != HostStatus.Up)
        {
            return 0;
        }

        if (IsGivenUp(host) || !IsSilenceJudged(host))
        {
            return Math.Max(0, planned - AnsweredCount(host));
        }

        var count = 0;
        for (var port = 0; HasUnprobed(host) && port < PortsOf(host).Count; port++)
        {
            count += IsUnprobed(host, port) && !IsAnswered(host, port) ? 1 : 0;
        }

        return count;
    }

    internal bool IsUnprobed(int host) => HasFlag(host, Unprobed);

    internal HostPage? ExistingPage(int host) => Volatile.Read(ref _pages[host]);

    internal PortState SilentStateOf(TransportProtocol protocol) => _silence.Of(protocol);

    internal List<GroupFinding> TakeFindings() => _found.TakeAll();

    internal PortResult ResultOf(int host, int port)
    {
        var result = _pages[host]!.Read(port, PortsOf(host)[port]);
        var (text, state) = BannerOf(host, port);
        if (state == BannerState.None && _wantsBanners && result is { State: PortState.Open, Port.Protocol: TransportProtocol.Tcp })
        {
            state = BannerState.Unheard;
        }

        var answer = AnswerOf(host, port);
        return result with { Banner = text, BannerState = state, Service = answer, Facts = answer?.Facts };
    }

    internal void SetName(int host, string name)
    {
        lock (_besideGate)
        {
            _names[host] = name;
        }
    }

    internal string? NameOf(int host)
    {
        lock (_besideGate)
        {
            return _names.GetValueOrDefault(host);
        }
    }

    internal RoundTrip? TimesOf(int host)
    {
        lock (_besideGate)
        {
            return _times?[host].Value;
        }
    }

    private bool IsHeld(in PortResult result) => result.State == PortState.Open && _holds switch
    {
        HeldPorts.SynAcked => result is { Port.Protocol: TransportProtocol.Tcp, Evidence: Evidence.SynAck },
        HeldPorts.OpenTcp => result.Port.Protocol == TransportProtocol.Tcp,
        HeldPorts.Open => true,
        _ => false,
    };

    private HostPage PageOf(int host)
    {
        if (Volatile.Read(ref _pages[host]) is { } page)
        {
            return page;
        }

        var made = new HostPage(PortsOf(host).Count);
        return Interlocked.CompareExchange(ref _pages[host], made, null) ?? made;
    }

    private bool HasFlag(int host, byte flag) => (Volatile.Read(ref _flags[host]) & flag) != 0;

    private void SetFlag(int host, byte flag)
    {
        lock (_besideGate)
        {
            Volatile.Write(ref _flags[host], (byte)(_flags[host] | flag));
        }
    }
}

/// <summary>A host's <see cref="RoundTrip"/> in 12 bytes, to a nanosecond or a ten-millionth; the default is none.</summary>
internal readonly struct PackedTimes(in RoundTrip times)
{
    private readonly float _smoothed = (float)times.Smoothed.TotalSeconds;
    private readonly float _variation = (float)times.Variation.TotalSeconds;
    private readonly float _timeout = (float)times.Timeout.TotalSeconds;

    /// <summary>The times; <c>null</c> for none. A host that was measured was waited for.</summary>
    public RoundTrip? Value => _timeout <= 0 ? null
        : new RoundTrip(TimeSpan.FromSeconds(_smoothed), TimeSpan.FromSeconds(_variation), TimeSpan.FromSeconds(_timeout));
}
