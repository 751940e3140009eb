using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// A host whose refusals come from a token bucket: each takes a token, and the bucket refills slowly (Linux sends one ICMP error a second
/// to each destination, and saves six tokens: icmp_ratelimit of icmp(7)). The same port is probed until a token is there, so that none is
/// wasted. Silence counts only of a port that was probed when a token was certainly there.
/// </summary>
internal sealed class RefillHost : SlowHost
{
    private const double Slack = 1.05;
    private const int MostTogether = 64;
    private const int SomePorts = 8;

    private readonly RefillTime _refill;
    private readonly long _longest;
    private long _spentAt;
    private long _lastSentAt;
    private long _lastAskedAt = long.MinValue;
    private int _together = 1;
    private int _gap = 1;
    private long _controlFrom;
    private int _controlsLost;
    private bool _isProved;
    private int _heldBack;
    private int _doubts;

    /// <summary>Goes on with a host whose answers were held back.</summary>
    /// <param name="before">The host at its pace until now.</param>
    /// <param name="longest">The longest refill that is expected.</param>
    /// <param name="now">The time: no token is left.</param>
    public RefillHost(SlowHost before, long longest, long now)
        : base(before)
    {
        _longest = (long)(longest * Slack);
        _refill = new RefillTime(_longest);
        (_spentAt, _lastSentAt) = (now, now);
        WasHeldBack = true;
    }

    private long CertainAt => KnownPort < 0 ? _lastSentAt : _spentAt + _refill.Certain;

    private int CertainFlights => Flights.Count(flight => !flight.IsControl && IsCertain(flight));

    /// <inheritdoc/>
    public override long DueAt(long wait)
    {
        var due = Flights.Count > 0 ? Flights[0].SentAt + wait : long.MaxValue;
        if (IsControlDue)
        {
            due = Math.Min(due, _controlFrom);
        }
        else if (!WantsControl && Waiting.Count > 0)
        {
            var next = CertainFlights == 0 ? Math.Min(CertainAt, EarlyAt) : CertainFlights < _together ? CertainAt : long.MaxValue;
            due = Math.Min(due, next);
        }

        return due == long.MaxValue ? 0 : due;
    }

    /// <inheritdoc/>
    public override bool TryNext(long now, out int port)
    {
        port = -1;
        if (IsDone || WantsControl)
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

        if (now >= CertainAt)
        {
            return CertainFlights < _together && Send(Waiting.Dequeue(), now, isControl: false);
        }

        if (CertainFlights > 0 || now < EarlyAt)
        {
            return false;
        }

        // A token may be there already. Where many ports are silent, only one that is known to answer shows it.
        port = _gap > 1 && Waiting.Count > SomePorts && !_refill.IsKnown ? KnownPort : port;
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
            // A second answer of the same port: which probe took the token is not known.
            _spentAt = isOfKind ? Math.Max(_spentAt, _lastSentAt) : _spentAt;
            return -1;
        }

        var flight = Flights[place];
        if (isOfKind && !flight.IsControl && !flight.IsRested && flight.SentAt > _spentAt)
        {
            var notYet = place == 0 ? -1 : Flights.FindLastIndex(place - 1, f => f.Port == port && f.SentAt > _spentAt);
            _refill.Add(notYet < 0 ? null : Flights[notYet].SentAt - _spentAt, flight.SentAt - _spentAt);
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

            if (isOfKind && !WantsControl)
            {
                // It was sent after all that kept silent, and there was a token.
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

        if (!WantsControl && Unproved.Count > 0 && (Unproved.Count >= _gap || Waiting.Count == 0) && CertainFlights == 0)
        {
            (WantsControl, _controlFrom) = (true, now);
        }

        if (Waiting.Count == 0 && Unproved.Count == 0 && !Flights.Exists(static flight => flight.IsRested) && !WantsControl)
        {
            Flights.Clear();
            EndRound();
        }
    }

    private long EarlyAt =>
        Math.Max(_spentAt + _refill.Soonest, _lastAskedAt == long.MinValue ? _lastAskedAt : _lastAskedAt + _refill.Step);

    // It was sent when a token was there, and none was taken since before it.
    private bool IsCertain(Flight flight) => flight.IsRested && (KnownPort < 0 || flight.SentAt >= _spentAt + _refill.Certain);

    private bool Send(int port, long now, bool isControl)
    {
        Flights.Add(new Flight(port, now, isControl, IsRested: !isControl && now >= CertainAt));
        _lastSentAt = now;
        return true;
    }

    // A port that was probed when a token was there keeps silent of itself, or its probe or its answer was lost.
    private void Expire(Flight flight)
    {
        if (!IsCertain(flight))
        {
            Waiting.Enqueue(flight.Port);
            return;
        }

        (KnownPort >= 0 ? Unproved : Settled).Add(flight.Port);
        _together = Math.Min(_together * 2, MostTogether);
    }

    // A port known to answer shows whether there was a token. When it does not answer, an answer that was lost may have taken it: the next
    // control probe waits for another.
    private void Decide(bool isAnswered)
    {
        WantsControl = false;
        if (!isAnswered && _controlsLost == 0)
        {
            (WantsControl, _controlsLost) = (true, 1);
            _controlFrom = _lastSentAt + _refill.Certain;
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
        _heldBack = _refill.Certain >= _longest ? _heldBack + 1 : 0;
        _refill.Forget();
        (_gap, _together) = (1, 1);
        if (_heldBack < MostHeldBack)
        {
            _spentAt = _lastSentAt;
            AskAgain();
            return;
        }

        GiveUpProof();
    }
}
