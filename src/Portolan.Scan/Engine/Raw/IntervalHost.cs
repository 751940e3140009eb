using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// A host whose probes leave at an interval: because it limits its answers, or because the person asked for pauses. Where silence might be
/// the limit's, a control probe to a port known to answer decides: when that is not answered either, the pace slows down and the silent
/// ones are asked again without an attempt being counted.
/// </summary>
internal sealed class IntervalHost : SlowHost
{
    private const int MostGap = 16;
    private const double Unlikely = 0.02;
    private const int EnoughControls = 24;
    private const long QuickPace = 40 * RawClock.Millisecond;

    // After so long a host that limits its answers may send one.
    private const long Rest = 1100 * RawClock.Millisecond;
    private const int MostRests = 16;

    // When none of so many were lost, the path loses little.
    private const int EnoughRests = 4;

    // Control probes lost until a pace counts as too high.
    private const int LeastLost = 2;
    private const int MostLost = 6;

    private readonly LimitedPace _pace;
    private int _gap = 1;
    private int _controlsAnswered;
    private int _controlsLost;
    private bool _isPaceProved;
    private int _heldBack;
    private int _doubts;
    private long _nextAt;
    private int _moreControls;
    private int _restedSent;
    private int _restedLost;
    private bool _isRestDue;
    private readonly bool _isSure;

    /// <param name="host">The host's number.</param>
    /// <param name="ports">The ports to probe, in the order to probe them.</param>
    /// <param name="isAnswered">Whether a port has its answer.</param>
    /// <param name="pace">Its pace.</param>
    /// <param name="rounds">The first and last round; a round is an attempt, from 0.</param>
    /// <param name="knownPort">A port known to answer as those do that the limit concerns, or -1.</param>
    /// <param name="isSure">Chance answers control probes too: the best of three decides always, not the first that is answered.</param>
    public IntervalHost(
        int host, IEnumerable<int> ports, Func<int, bool> isAnswered, LimitedPace pace, (int First, int Last) rounds, int knownPort,
        bool isSure = false)
        : base(host, ports, isAnswered, rounds, knownPort)
    {
        _isSure = isSure;
        _pace = pace;
    }

    /// <inheritdoc/>
    public override long DueAt(long wait)
    {
        var expiry = Flights.Count > 0 ? Flights[0].SentAt + wait : long.MaxValue;
        return Waiting.Count > 0 || IsControlDue ? Math.Min(_nextAt, expiry) : expiry == long.MaxValue ? 0 : expiry;
    }

    /// <inheritdoc/>
    public override bool TryNext(long now, out int port)
    {
        port = -1;
        if (now < _nextAt || IsDone)
        {
            return false;
        }

        if (IsControlDue)
        {
            port = KnownPort;
            Flights.Add(new Flight(port, now, IsControl: true, IsRested: _isRestDue));
            _isRestDue = false;
        }
        else
        {
            while (Waiting.TryDequeue(out var candidate))
            {
                if (!IsAnswered(candidate))
                {
                    port = candidate;
                    Flights.Add(new Flight(port, now, IsControl: false, IsRested: false));
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

    /// <inheritdoc/>
    public override long OnAnswer(int port, bool isOfKind)
    {
        if (isOfKind)
        {
            KnownPort = port;
        }

        var place = Flights.FindIndex(flight => flight.Port == port);
        if (place < 0)
        {
            return -1;
        }

        var (_, sentAt, isControl, isRested) = Flights[place];
        Flights.RemoveAt(place);
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
            CountAnswer();
        }

        if (isOfKind)
        {
            _heldBack = 0;
            _pace.OnAnswer();
        }

        return sentAt;
    }

    /// <inheritdoc/>
    public override void Advance(long now, long wait)
    {
        while (Flights.Count > 0 && now - Flights[0].SentAt >= wait)
        {
            var flight = Flights[0];
            Flights.RemoveAt(0);
            if (flight.IsRested)
            {
                EndRest(isLost: true);
            }
            else if (flight.IsControl)
            {
                _controlsLost++;
                Decide();
            }
            else if (!IsAnswered(flight.Port))
            {
                (KnownPort >= 0 ? Unproved : Settled).Add(flight.Port);
            }
        }

        WantsControl |= Unproved.Count >= _gap || (Unproved.Count > 0 && Waiting.Count == 0);
        if (Flights.Count > 0 || Waiting.Count > 0 || Unproved.Count > 0)
        {
            return;
        }

        if (WantsMoreControls)
        {
            WantsControl = true;
            _moreControls++;
        }
        else if (!WantsControl)
        {
            EndRound();
        }
    }

    // Few control probes tell little of loss, and cost little where the pace is quick.
    private bool WantsMoreControls =>
        !WantsControl && KnownPort >= 0 && Settled.Count > 0 && _moreControls < EnoughControls && Counts.Controls < EnoughControls
        && _pace.Interval <= QuickPace;

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
                GiveUpProof();
            }
            else
            {
                _pace.OnHeldBack();
                AskAgain();
            }

            _gap = 1;
            _isRestDue = KnownPort >= 0 && _restedSent < (_restedLost == 0 ? EnoughRests : MostRests) && _pace.Interval >= QuickPace
                && !_pace.IsSlowest;
            _nextAt += _isRestDue ? Rest : 0;
        }
        else if (isInDoubt)
        {
            AskAgain();
        }
        else
        {
            Settle();
            _gap = Math.Min(_gap * 2, MostGap);
        }

        WantsControl = _isRestDue;
        _controlsAnswered = 0;
        _controlsLost = 0;
    }

    // Loss is that of control probes after a rest: what a limit held back before is not a loss of the path.
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
        WantsControl = false;
        if (MostLostByChance() > Math.Max(most, LeastLost))
        {
            _pace.BeginAgain();
        }
    }
}
