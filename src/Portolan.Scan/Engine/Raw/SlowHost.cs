using Portolan.Scan.Order;
using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// One host probed port by port at a pace of its own: because it limits its answers, or because the person asked for pauses. Rounds go over
/// the ports still silent. Where silence might be the limit's, a control probe to a closed port decides: when that is not answered either,
/// the pace slows down and the silent ones are asked again without an attempt being counted.
/// </summary>
/// <remarks>Pure; times are nanoseconds handed in. Ports are the host's port numbers.</remarks>
internal sealed class SlowHost
{
    private const int MostGap = 16;
    private const int MostHeldBack = 5;

    // A round in which nothing answers is the last, for many silent ports cost much. Fewer may have lost their probes by chance, and cost
    // little.
    private const int FewPorts = 16;
    private const int SomePorts = 64;
    private const int FewEmptyRounds = 4;
    private const int LeastEmptyRounds = 2;
    private const int MostEmptyRounds = 6;
    private const double Unlikely = 0.02;

    private const int EnoughControls = 24;
    private const long QuickPace = 40 * RawClock.Millisecond;

    // After so long a host that sends one ICMP error a second may send the next.
    private const long Rest = 1100 * RawClock.Millisecond;
    private const int MostRests = 16;

    // When none of so many were lost, the path loses little.
    private const int EnoughRests = 4;

    // Control probes lost until a pace counts as too high.
    private const int LeastLost = 2;
    private const int MostLost = 6;
    private const int MostDoubts = 2;

    private readonly Func<int, bool> _isAnswered;
    private readonly LimitedPace _pace;
    private readonly int _lastRound;
    private readonly List<Flight> _flights = [];
    private readonly List<int> _unproved = [];
    private readonly List<int> _settled = [];
    private readonly Queue<int> _pending;
    private int _knownPort;
    private int _gap = 1;
    private bool _wantsControl;
    private int _controlsAnswered;
    private int _controlsLost;
    private bool _isPaceProved;
    private int _heldBack;
    private int _doubts;
    private int _emptyRounds;
    private long _nextAt;
    private long _answers;
    private int _moreControls;
    private int _restedSent;
    private int _restedLost;
    private bool _isRestDue;
    private readonly int _firstRound;
    private readonly bool _isSure;

    /// <param name="host">The host's number.</param>
    /// <param name="ports">The ports to probe, in the order to probe them.</param>
    /// <param name="isAnswered">Whether a port has its answer.</param>
    /// <param name="pace">Its pace.</param>
    /// <param name="rounds">The first and last round; a round is an attempt, from 0.</param>
    /// <param name="knownPort">A port known to answer as those do that the limit concerns, or -1.</param>
    /// <param name="isSure">Chance answers control probes too: the best of three decides always, not the first that is answered.</param>
    public SlowHost(
        int host, IEnumerable<int> ports, Func<int, bool> isAnswered, LimitedPace pace, (int First, int Last) rounds, int knownPort,
        bool isSure = false)
    {
        _isSure = isSure;
        Host = host;
        _pending = new Queue<int>(ports);
        _isAnswered = isAnswered;
        _pace = pace;
        Round = rounds.First;
        _firstRound = rounds.First;
        _lastRound = rounds.Last;
        _knownPort = knownPort;
    }

    /// <summary>The host's number.</summary>
    public int Host { get; }

    /// <summary>The round that runs; its attempt's number.</summary>
    public int Round { get; private set; }

    /// <summary>What was lost, by rounds of its own.</summary>
    public LossCounts Counts { get; } = new();

    /// <summary>Control probes at a pace that had been found slow enough.</summary>
    public AnswerShare Proved { get; private set; }

    /// <summary>Rounds in which silent ports were asked.</summary>
    public int Rounds => Round - _firstRound + 1;

    /// <summary>
    /// All that was counted, the answers to the passes before the first round among it; only where these asked once, and nothing was held
    /// back.
    /// </summary>
    /// <remarks>An answer that a limit held back in the pass makes the loss look larger, and no smaller.</remarks>
    public LossCounts? CountsWithPass(int answeredInPass)
    {
        if (_firstRound != 1 || WasHeldBack || answeredInPass == 0)
        {
            return null;
        }

        var counts = new LossCounts();
        counts.CountAnswer(0, answeredInPass);
        for (var round = 0; round < LossCounts.Attempts - 1; round++)
        {
            counts.CountAnswer(round + 1, Counts.AnsweredAt(round));
        }

        counts.CountControls(Counts.Controls, Counts.ControlsLost);
        return counts;
    }

    /// <summary>Answers were held back: too many were asked for at once.</summary>
    public bool WasHeldBack { get; private set; }

    /// <summary>Even at the slowest pace a port known to answer did not: silence tells nothing.</summary>
    public bool IsUnproved { get; private set; }

    /// <summary>Ports that stayed silent; when <see cref="IsDone"/>, or none is left.</summary>
    public int Silent => IsDone ? _settled.Count : 0;

    /// <summary>All is said.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Probes whose answers are waited for.</summary>
    public int InFlight => _flights.Count;

    /// <summary>Ports not settled in this round.</summary>
    public int Pending => _pending.Count + _unproved.Count + _flights.Count;

    /// <summary>From one probe to the next.</summary>
    public long Interval => _pace.Interval;

    /// <summary>When there is something to do: a probe to send, or a wait that ends.</summary>
    public long DueAt(long wait)
    {
        var expiry = _flights.Count > 0 ? _flights[0].SentAt + wait : long.MaxValue;
        return _pending.Count > 0 || IsControlDue ? Math.Min(_nextAt, expiry) : expiry == long.MaxValue ? 0 : expiry;
    }

    /// <summary>The next probe, when its time has come.</summary>
    public bool TryNext(long now, out int port)
    {
        port = -1;
        if (now < _nextAt || IsDone)
        {
            return false;
        }

        if (IsControlDue)
        {
            port = _knownPort;
            _flights.Add(new Flight(port, now, IsControl: true, IsRested: _isRestDue));
            _isRestDue = false;
        }
        else
        {
            while (_pending.TryDequeue(out var candidate))
            {
                if (!_isAnswered(candidate))
                {
                    port = candidate;
                    _flights.Add(new Flight(port, now, IsControl: false, IsRested: false));
                    break;
                }
            }
        }

        if (port >= 0)
        {
            _nextAt = now + _pace.Interval;
        }

        return port >= 0;
    }

    /// <summary>A probe did not leave this host: it is asked again.</summary>
    public void TakeBack(int port)
    {
        var place = _flights.FindLastIndex(flight => flight.Port == port);
        if (place >= 0)
        {
            if (!_flights[place].IsControl)
            {
                _pending.Enqueue(port);
            }

            _flights.RemoveAt(place);
        }
    }

    /// <summary>An answer came.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isOfKind">The limit concerns such answers, so the port may serve for control probes.</param>
    /// <returns>When the probe was sent, or -1 when none was waited for.</returns>
    public long OnAnswer(int port, bool isOfKind)
    {
        if (isOfKind)
        {
            _knownPort = port;
        }

        var place = _flights.FindIndex(flight => flight.Port == port);
        if (place < 0)
        {
            return -1;
        }

        var (_, sentAt, isControl, isRested) = _flights[place];
        _flights.RemoveAt(place);
        if (isRested)
        {
            EndRest(isLost: false);
        }
        else if (isControl)
        {
            _controlsAnswered++;
            Decide();
        }
        else
        {
            _answers++;
            Counts.CountAnswer(Round - _firstRound);
        }

        if (isOfKind)
        {
            _heldBack = 0;
            _pace.OnAnswer();
        }

        return sentAt;
    }

    /// <summary>Waits run out; rounds end.</summary>
    public void Advance(long now, long wait)
    {
        while (_flights.Count > 0 && now - _flights[0].SentAt >= wait)
        {
            var flight = _flights[0];
            _flights.RemoveAt(0);
            if (flight.IsRested)
            {
                EndRest(isLost: true);
            }
            else if (flight.IsControl)
            {
                _controlsLost++;
                Decide();
            }
            else if (!_isAnswered(flight.Port))
            {
                (_knownPort >= 0 ? _unproved : _settled).Add(flight.Port);
            }
        }

        _wantsControl |= _unproved.Count >= _gap || (_unproved.Count > 0 && _pending.Count == 0);
        if (_flights.Count > 0 || _pending.Count > 0 || _unproved.Count > 0)
        {
            return;
        }

        if (WantsMoreControls)
        {
            _wantsControl = true;
            _moreControls++;
        }
        else if (!_wantsControl)
        {
            EndRound();
        }
    }

    // Few control probes tell little of loss, and cost little where the pace is quick.
    private bool WantsMoreControls =>
        !_wantsControl && _knownPort >= 0 && _settled.Count > 0 && _moreControls < EnoughControls && Counts.Controls < EnoughControls
        && _pace.Interval <= QuickPace;

    private bool IsControlDue => _wantsControl && _knownPort >= 0 && !_flights.Exists(static flight => flight.IsControl);

    // One control probe that is answered settles it, unless chance answers many; after a lost one, the best of three, for the network loses
    // probes as well. Where it is known to lose many, so many in a row must be lost that chance hardly explains it: else random loss would
    // drive the pace to its floor.
    private void Decide()
    {
        var most = MostLostByChance();
        var isHeldBack = most <= LeastLost ? _controlsLost >= LeastLost : _controlsAnswered == 0 && _controlsLost >= most;
        if (!isHeldBack && _controlsAnswered < 2
            && (_controlsAnswered == 0 || ((_controlsLost > 0 || _isSure) && most <= LeastLost)))
        {
            return;
        }

        // One of three says neither: the pace stays, and they are asked again.
        var isInDoubt = _isSure && !isHeldBack && _controlsLost > 0 && _doubts < MostDoubts;
        _doubts = isInDoubt ? _doubts + 1 : 0;

        // They tell of the path's loss where those before were answered: lost ones too, or only the lucky would count. After lost ones the
        // pace may be what loses; where it loses probes, some of the silent ports were asked in such a while too.
        var controls = new AnswerShare(_controlsAnswered + _controlsLost, _controlsAnswered);
        if (_isPaceProved || _isSure)
        {
            Counts.CountControls((long)controls.Sent, _controlsLost);
        }

        Proved = _isPaceProved ? Proved + controls : Proved;

        _isPaceProved = !isHeldBack;
        if (isHeldBack)
        {
            WasHeldBack = true;
            _heldBack = _pace.IsSlowest ? _heldBack + 1 : 0;
            if (_heldBack >= MostHeldBack)
            {
                // Even the slowest pace gets no answer: the closed port tells nothing any more.
                IsUnproved = true;
                _knownPort = -1;
                _settled.AddRange(_unproved);
            }
            else
            {
                _pace.OnHeldBack();
                AskAgain();
            }

            _gap = 1;
            _isRestDue = _knownPort >= 0 && _restedSent < (_restedLost == 0 ? EnoughRests : MostRests) && _pace.Interval >= QuickPace
                && !_pace.IsSlowest;
            _nextAt += _isRestDue ? Rest : 0;
        }
        else if (isInDoubt)
        {
            AskAgain();
        }
        else
        {
            _settled.AddRange(_unproved);
            _gap = Math.Min(_gap * 2, MostGap);
        }

        _unproved.Clear();
        _wantsControl = _isRestDue;
        _controlsAnswered = 0;
        _controlsLost = 0;
    }

    private void AskAgain() => _unproved.ForEach(_pending.Enqueue);

    // Loss is that of control probes after a rest: what a limit held back before is no loss of the path.
    private int MostLostByChance()
    {
        const double FirstLost = 0.5, FirstSent = 5;
        var loss = (_restedLost + FirstLost) / (_restedSent + FirstSent);
        return Math.Clamp((int)Math.Ceiling(Math.Log(Unlikely) / Math.Log(loss)), LeastLost, MostLost);
    }

    // A host that limits its answers may send one by now: whether it comes is the path's doing. Where that loses much, what slowed the pace
    // down was chance.
    private void EndRest(bool isLost)
    {
        var most = MostLostByChance();
        _restedSent++;
        _restedLost += isLost ? 1 : 0;
        _wantsControl = false;
        if (MostLostByChance() > Math.Max(most, LeastLost))
        {
            _pace.BeginAgain();
        }
    }

    private void EndRound()
    {
        _settled.RemoveAll(port => _isAnswered(port));
        _emptyRounds = Round > 0 && _answers == 0 ? _emptyRounds + 1 : 0;
        if (_settled.Count == 0 || Round >= _lastRound || _emptyRounds >= EnoughEmptyRounds())
        {
            IsDone = true;
            return;
        }

        Round++;
        _answers = 0;

        // Where the pace is a little too high, a port behind one that answers gets no answer itself: so never behind the same one again.
        var order = new IndexPermutation((ulong)_settled.Count, ((ulong)Host << 8) | (uint)Round);
        for (var place = 0UL; place < order.Size; place++)
        {
            _pending.Enqueue(_settled[(int)order.At(place)]);
        }

        _settled.Clear();
    }

    // So many that a port that answers would hardly have stayed silent in all of them.
    private int EnoughEmptyRounds()
    {
        if (_settled.Count > SomePorts)
        {
            return 1;
        }

        var loss = LossBound.Of([new LossStratum(LossKind.Limited, Rounds, Counts, _settled.Count)]).Loss;
        var enough = loss < 1 ? (int)Math.Ceiling(Math.Log(Unlikely) / Math.Log(Math.Max(loss, 1e-9))) : MostEmptyRounds;
        return Math.Clamp(enough, _settled.Count <= FewPorts ? FewEmptyRounds : LeastEmptyRounds, MostEmptyRounds);
    }

    private readonly record struct Flight(int Port, long SentAt, bool IsControl, bool IsRested);
}
