using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// A host whose refusals take turns: each takes leave, and the leave for the next comes back after a time (Linux sends one ICMP error a
/// second to each destination, and saves up six: icmp_ratelimit of icmp(7)). So a port is asked until that leave is there: the first
/// question after it is answered, and none of it is wasted. Silence counts only of a port that was asked when leave was surely there.
/// </summary>
internal sealed class RefillHost : SlowHost
{
    private const double Slack = 1.05;
    private const int MostTogether = 64;
    private const int SomePorts = 8;
    private const int MostHeldBack = 5;
    private const int MostDoubts = 2;

    private readonly LeaveTime _leave;
    private readonly long _longest;
    private long _spentAt;
    private long _lastSentAt;
    private long _lastAskedAt = long.MinValue;
    private int _together = 1;
    private int _gap = 1;
    private bool _wantsControl;
    private long _controlFrom;
    private int _controlsLost;
    private bool _isProved;
    private int _heldBack;
    private int _doubts;

    /// <summary>Goes on with a host whose answers were held back.</summary>
    /// <param name="before">The host at its pace until now.</param>
    /// <param name="longest">The longest time from one refusal to the next that is reckoned with.</param>
    /// <param name="now">The time: no leave is left.</param>
    public RefillHost(SlowHost before, long longest, long now)
        : base(before)
    {
        _longest = (long)(longest * Slack);
        _leave = new LeaveTime(_longest);
        (_spentAt, _lastSentAt) = (now, now);
        WasHeldBack = true;
    }

    /// <inheritdoc/>
    public override long Interval => _leave.Sure;

    private long SureAt => KnownPort < 0 ? _lastSentAt : _spentAt + _leave.Sure;

    private bool IsControlDue => _wantsControl && KnownPort >= 0 && !Flights.Exists(static flight => flight.IsControl);

    private int SureFlights => Flights.Count(flight => !flight.IsControl && IsSure(flight));

    /// <inheritdoc/>
    public override long DueAt(long wait)
    {
        var due = Flights.Count > 0 ? Flights[0].SentAt + wait : long.MaxValue;
        if (IsControlDue)
        {
            due = Math.Min(due, _controlFrom);
        }
        else if (!_wantsControl && Waiting.Count > 0)
        {
            due = Math.Min(due, SureFlights == 0 ? Math.Min(SureAt, EarlyAt) : SureFlights < _together ? SureAt : long.MaxValue);
        }

        return due == long.MaxValue ? 0 : due;
    }

    /// <inheritdoc/>
    public override bool TryNext(long now, out int port)
    {
        port = -1;
        if (IsDone || _wantsControl)
        {
            return IsControlDue && now >= _controlFrom && Send(port = KnownPort, now, isControl: true);
        }

        while (Waiting.TryPeek(out var first) && IsAnswered(first))
        {
            Waiting.Dequeue();
        }

        if (!Waiting.TryPeek(out port))
        {
            port = -1;
            return false;
        }

        if (now >= SureAt)
        {
            return SureFlights < _together && Send(Waiting.Dequeue(), now, isControl: false);
        }

        if (SureFlights > 0 || now < EarlyAt)
        {
            return false;
        }

        // The leave may be there already. Where many ports are silent, only one that is known to answer shows it.
        port = _gap > 1 && Waiting.Count > SomePorts && !_leave.IsKnown ? KnownPort : port;
        _lastAskedAt = now;
        return Send(port, now, isControl: false);
    }

    /// <inheritdoc/>
    public override long OnAnswer(int port, bool isOfKind)
    {
        KnownPort = isOfKind ? port : KnownPort;
        var place = Flights.FindLastIndex(flight => flight.Port == port);
        if (place < 0)
        {
            // A second answer of the same port: what it took leave for is not known.
            _spentAt = isOfKind ? Math.Max(_spentAt, _lastSentAt) : _spentAt;
            return -1;
        }

        var flight = Flights[place];
        if (isOfKind && !flight.IsControl && !flight.IsRested && flight.SentAt > _spentAt)
        {
            var notYet = place == 0 ? -1 : Flights.FindLastIndex(place - 1, f => f.Port == port && f.SentAt > _spentAt);
            _leave.Add(notYet < 0 ? null : Flights[notYet].SentAt - _spentAt, flight.SentAt - _spentAt);
        }

        Flights.RemoveAll(f => f.Port == port && f.IsControl == flight.IsControl);
        if (flight.IsControl)
        {
            Decide(isAnswered: true);
        }
        else
        {
            if (!IsAnswered(port))
            {
                CountAnswer();
            }

            if (isOfKind && !_wantsControl)
            {
                // It was sent after all that kept silent, and there was leave for an answer.
                Settle();
            }
        }

        if (isOfKind)
        {
            (_spentAt, _together, _heldBack) = (Math.Max(_spentAt, flight.SentAt), 1, 0);
        }

        return flight.SentAt;
    }

    /// <inheritdoc/>
    public override void Advance(long now, long wait)
    {
        while (Flights.Count > 0 && now - Flights[0].SentAt >= wait)
        {
            var flight = Flights[0];
            Flights.RemoveAt(0);
            if (flight.IsControl)
            {
                Decide(isAnswered: false);
            }
            else if (flight.IsRested && !IsAnswered(flight.Port))
            {
                Expire(flight);
            }
        }

        if (!_wantsControl && Unproved.Count > 0 && (Unproved.Count >= _gap || Waiting.Count == 0) && SureFlights == 0)
        {
            (_wantsControl, _controlFrom) = (true, now);
        }

        if (Waiting.Count == 0 && Unproved.Count == 0 && !Flights.Exists(static flight => flight.IsRested) && !_wantsControl)
        {
            Flights.Clear();
            EndRound();
        }
    }

    private long EarlyAt => Math.Max(_spentAt + _leave.Soonest, _lastAskedAt == long.MinValue ? _lastAskedAt : _lastAskedAt + _leave.Step);

    // It was sent when leave was there, and none was taken since before it.
    private bool IsSure(Flight flight) => flight.IsRested && (KnownPort < 0 || flight.SentAt >= _spentAt + _leave.Sure);

    private bool Send(int port, long now, bool isControl)
    {
        Flights.Add(new Flight(port, now, isControl, IsRested: !isControl && now >= SureAt));
        _lastSentAt = now;
        return true;
    }

    // What was asked when leave was there keeps silent of itself, or its probe or its answer was lost.
    private void Expire(Flight flight)
    {
        if (!IsSure(flight))
        {
            Waiting.Enqueue(flight.Port);
            return;
        }

        (KnownPort >= 0 ? Unproved : Settled).Add(flight.Port);
        _together = Math.Min(_together * 2, MostTogether);
    }

    // A port known to answer says whether there was leave. When it does not answer, another answer may have taken it that was lost: the
    // next has a whole one.
    private void Decide(bool isAnswered)
    {
        _wantsControl = false;
        if (!isAnswered && _controlsLost == 0)
        {
            (_wantsControl, _controlsLost) = (true, 1);
            _controlFrom = _lastSentAt + _leave.Sure;
            return;
        }

        var lost = _controlsLost + (isAnswered ? 0 : 1);
        _controlsLost = 0;
        if (_isProved)
        {
            Counts.CountControls(lost + (isAnswered ? 1 : 0), lost);
        }

        _isProved = isAnswered;
        if (!isAnswered)
        {
            OnHeldBack();
        }
        else if (lost > 0 && _doubts < MostDoubts)
        {
            _doubts++;
            AskAgain();
        }
        else
        {
            _doubts = 0;
            Settle();
            _gap = Math.Min(_gap * 2, MostTogether);
        }
    }

    private void OnHeldBack()
    {
        _heldBack = _leave.Sure >= _longest ? _heldBack + 1 : 0;
        _leave.Forget();
        (_gap, _together) = (1, 1);
        if (_heldBack < MostHeldBack)
        {
            _spentAt = _lastSentAt;
            AskAgain();
            return;
        }

        // Whether the port that answered did so shows nothing any more.
        IsUnproved = true;
        KnownPort = -1;
        Settle();
    }
}
