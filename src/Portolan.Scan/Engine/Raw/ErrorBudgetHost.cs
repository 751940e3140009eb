using System.Runtime.InteropServices;
using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// The UDP ports of a host that sends few ICMP errors: Linux one a second to each destination, after a first six (icmp_ratelimit of
/// icmp(7)). Ports that are not settled go out in bursts, the likeliest first, with a port known to be closed as the last. The first closed
/// port of a burst takes the error that the host may send, so no error is spent on a control probe while there are closed ports to find. An
/// error proves the silence of the ports just before it in the burst; those behind it are asked again, and no attempt is counted.
/// </summary>
/// <remarks>
/// <para>
/// What the host may send is not measured: bursts are twice a second, and an error that was not asked for in time stays in the host's
/// bucket. A burst grows while its last probe is answered and shrinks while most of it is not.
/// </para>
/// <para>Pure; times are nanoseconds handed in. Ports are the host's port numbers.</para>
/// </remarks>
internal sealed class ErrorBudgetHost : ISlowHost
{
    private const int LeastTogether = 3;
    private const int MostTogether = 1024;

    // The first bursts hold all ports: a service whose answer was lost gets the next chances within seconds.
    private const int WholeBursts = 2;
    private const long Period = 500 * RawClock.Millisecond;

    // The host may send again in the middle of a burst: at one error a second, one of two hundred bursts as long as this.
    private const long ProofSpan = 5 * RawClock.Millisecond;

    // A host that sends one error a second may send the next.
    private const long Refill = 1100 * RawClock.Millisecond;
    private const long MostSilence = 10 * RawClock.Second;

    // More errors than Linux sends at once, and one a second: what is not answered then was lost on the way.
    private const int Unlimited = 8;
    private const int SeveralPorts = 12;
    private const int EnoughControls = 24;
    private const long ControlGap = 20 * RawClock.Millisecond;

    // So many control probes in a row are hardly lost by chance: the host has sent what it may.
    private const int HardlyByChance = 8;

    private readonly Func<int, bool> _isAnswered;
    private readonly int _firstRound;
    private readonly int _lastRound;
    private readonly List<int> _order;
    private readonly List<int> _pending;
    private readonly HashSet<int> _settled = [];
    private readonly List<Ask> _burst = [];
    private int _closedPort;
    private int _sent;
    private int _together = LeastTogether;
    private int _wholeBursts = WholeBursts;
    private bool _isWhole;
    private bool _isControlsOnly;
    private bool _hasMoreControls;
    private bool _isUnlimited;
    private bool _wasLimited;
    private long _startedAt;
    private long _lastErrorAt = -1;
    private long _errorBefore;
    private long _nextAt;
    private int _answers;
    private int _errors;
    private readonly long _errorsSince;
    private int _emptyRounds;

    /// <param name="host">The host's number.</param>
    /// <param name="ports">The ports to probe, the likeliest first.</param>
    /// <param name="isAnswered">Whether a port has its answer.</param>
    /// <param name="rounds">The first and last round; a round is an attempt, from 1.</param>
    /// <param name="closedPort">A port known to answer that it is closed.</param>
    /// <param name="errorsBefore">Errors that came in the passes before, and when these began.</param>
    public ErrorBudgetHost(
        int host, IEnumerable<int> ports, Func<int, bool> isAnswered, (int First, int Last) rounds, int closedPort,
        (int Count, long Since) errorsBefore)
    {
        Host = host;
        _order = [.. ports];
        _pending = [.. _order];
        _isAnswered = isAnswered;
        Round = rounds.First;
        (_firstRound, _lastRound) = rounds;
        _closedPort = closedPort;
        (_errors, _errorsSince) = errorsBefore;
    }

    /// <inheritdoc/>
    public int Host { get; }

    /// <inheritdoc/>
    public int Round { get; private set; }

    /// <inheritdoc/>
    public int Rounds => Round - _firstRound + 1;

    /// <inheritdoc/>
    public LossCounts Counts { get; } = new();

    /// <inheritdoc/>
    public bool WasHeldBack { get; private set; }

    /// <inheritdoc/>
    public bool IsUnproved { get; private set; }

    /// <inheritdoc/>
    public int Silent => _settled.Count;

    /// <inheritdoc/>
    public bool IsDone { get; private set; }

    /// <inheritdoc/>
    public bool SendsTogether => true;

    /// <inheritdoc/>
    public int InFlight
    {
        get
        {
            var count = 0;
            for (var i = 0; i < _sent; i++)
            {
                count += _burst[i].IsAnswered ? 0 : 1;
            }

            return count;
        }
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public long DueAt(long wait) => _sent == 0 || _sent < _burst.Count ? _nextAt : InFlight == 0 ? 0 : _burst[^1].SentAt + wait;

    /// <inheritdoc/>
    public bool TryNext(long now, out int port)
    {
        port = -1;
        if (IsDone || now < _nextAt || (_burst.Count == 0 && !Begin(now)))
        {
            return false;
        }

        if (!_isWhole && !_isControlsOnly && _sent > 0 && now - _startedAt > ProofSpan && _burst.Count - _sent > 1)
        {
            _burst.RemoveRange(_sent, _burst.Count - 1 - _sent);
        }

        if (_sent == _burst.Count)
        {
            return false;
        }

        ref var ask = ref CollectionsMarshal.AsSpan(_burst)[_sent++];
        ask.SentAt = now;
        port = ask.Port;
        _nextAt = _isControlsOnly ? now + ControlGap : now;
        return true;
    }

    /// <inheritdoc/>
    public void TakeBack(int port)
    {
        for (var place = _sent - 1; place >= 0; place--)
        {
            if (_burst[place].Port == port && !_burst[place].IsAnswered)
            {
                _burst.RemoveAt(place);
                _sent--;
                _nextAt = _burst.Count == 0 ? _startedAt + Period : _nextAt;
                return;
            }
        }
    }

    /// <inheritdoc/>
    public long OnAnswer(int port, bool isClosed)
    {
        if (isClosed)
        {
            _errors++;
            _closedPort = port;
            _lastErrorAt = Math.Max(_lastErrorAt, _startedAt);
        }

        var asks = CollectionsMarshal.AsSpan(_burst)[.._sent];
        for (var place = 0; place < asks.Length; place++)
        {
            ref var ask = ref asks[place];
            if (ask.Port != port || ask.IsAnswered)
            {
                continue;
            }

            (ask.IsAnswered, ask.IsRefused) = (true, isClosed);
            _lastErrorAt = isClosed ? Math.Max(_lastErrorAt, ask.SentAt) : _lastErrorAt;
            if (!ask.IsControl)
            {
                _answers++;
                Counts.CountAnswer(Round - _firstRound);
            }

            return ask.SentAt;
        }

        return -1;
    }

    /// <inheritdoc/>
    public void Advance(long now, long wait)
    {
        if (_burst.Count > 0 && _sent == _burst.Count && (InFlight == 0 || now - _burst[^1].SentAt >= wait))
        {
            Judge(now);
        }
    }

    private bool Begin(long now)
    {
        _lastErrorAt = _lastErrorAt < 0 ? now : _lastErrorAt;
        _pending.RemoveAll(port => _isAnswered(port));
        if (_pending.Count == 0 && !WantsMoreControls)
        {
            EndRound();
            if (IsDone)
            {
                return false;
            }
        }

        (_startedAt, _errorBefore) = (now, _lastErrorAt);
        _sent = 0;
        _isControlsOnly = _pending.Count == 0;
        _isWhole = !_isControlsOnly && _wholeBursts > 0;
        _wholeBursts -= _isWhole ? 1 : 0;
        var count = Math.Min(_pending.Count, _isWhole ? MostTogether : _together);
        for (var i = 0; i < count; i++)
        {
            _burst.Add(new Ask { Port = _pending[i] });
        }

        for (var i = _isControlsOnly ? EnoughControls : 1; i > 0; i--)
        {
            _burst.Add(new Ask { Port = _closedPort, IsControl = true });
        }

        _hasMoreControls |= _isControlsOnly;
        return true;
    }

    // Few control probes tell little of loss, and cost little where no error is held back.
    private bool WantsMoreControls =>
        !_hasMoreControls && !_wasLimited && _settled.Count > 0 && Counts.Controls < EnoughControls;

    private void Judge(long now)
    {
        var last = _burst.FindLastIndex(static ask => ask.IsRefused);
        var isProved = last >= 0 && last == _burst.Count - 1;
        if (!_isUnlimited && !_wasLimited && _errors >= Unlimited + ((now - _errorsSince) / RawClock.Second))
        {
            (_isUnlimited, WasHeldBack) = (true, false);
        }

        if (_isControlsOnly)
        {
            JudgeControls(last);
        }
        else
        {
            JudgeBurst(last, isProved);
        }

        // The next error is not there yet; where errors are not limited, nothing is waited for.
        _nextAt = _isUnlimited ? now : Math.Max(now, _startedAt + Period);
        _burst.Clear();
        _sent = 0;
        if (_pending.Count == 0)
        {
            if (!WantsMoreControls)
            {
                EndRound();
            }
        }
        else if (now - _lastErrorAt > MostSilence)
        {
            // The closed port tells nothing any more.
            IsUnproved = true;
            _settled.UnionWith(_pending);
            _settled.RemoveWhere(port => _isAnswered(port));
            IsDone = true;
        }
    }

    private void JudgeControls(int last)
    {
        if (_burst.Count - 1 - last >= HardlyByChance)
        {
            (_isUnlimited, _wasLimited, WasHeldBack) = (false, true, true);
            return;
        }

        (_isUnlimited, WasHeldBack) = (true, false);
        Counts.CountControls(_burst.Count, _burst.Count(static ask => !ask.IsAnswered));
    }

    private void JudgeBurst(int last, bool isProved)
    {
        var (asked, proven, isTaken) = (0, 0, false);
        for (var place = 0; place < _burst.Count; place++)
        {
            var ask = _burst[place];
            if (ask.IsControl)
            {
                continue;
            }

            var isNear = place < last && (place == last - 1 || _burst[last].SentAt - ask.SentAt <= ProofSpan);
            asked++;
            proven += ask.IsAnswered || isNear ? 1 : 0;
            isTaken |= ask.IsRefused;
            if (isNear && !_isAnswered(ask.Port))
            {
                _settled.Add(ask.Port);
            }
        }

        if (_isUnlimited && !isProved && asked >= SeveralPorts && 2 * proven < asked)
        {
            (_isUnlimited, _wasLimited) = (false, true);
        }

        if (_isUnlimited || (!isTaken && _startedAt - _errorBefore >= Refill))
        {
            // The host could send an error, and no other port took it: whether it came is the path's doing.
            Counts.CountControls(1, isProved ? 0 : 1);
        }

        WasHeldBack |= !isProved && !_isUnlimited;
        _pending.RemoveAll(port => _settled.Contains(port) || _isAnswered(port));
        _together = isProved || 4 * proven >= 3 * asked ? Math.Clamp(2 * asked, LeastTogether, MostTogether)
            : 4 * proven < asked ? Math.Max(LeastTogether, 2 * proven) : _together;
    }

    private void EndRound()
    {
        _settled.RemoveWhere(port => _isAnswered(port));
        _emptyRounds = _answers == 0 ? _emptyRounds + 1 : 0;
        if (_settled.Count == 0 || Round >= _lastRound || _emptyRounds >= EmptyRounds.Enough(_settled.Count, Rounds, Counts))
        {
            IsDone = true;
            return;
        }

        Round++;
        _answers = 0;
        _pending.AddRange(_order.Where(_settled.Contains));
        _settled.Clear();
    }

    private struct Ask
    {
        public int Port;
        public long SentAt;
        public bool IsControl;
        public bool IsAnswered;
        public bool IsRefused;
    }
}
