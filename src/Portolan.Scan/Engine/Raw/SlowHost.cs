using Portolan.Scan.Order;
using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// One host probed port by port at a pace of its own, in rounds over the ports still silent; a round is an attempt. When probes may leave,
/// and what a silence is worth, is each pace's own.
/// </summary>
/// <remarks>Pure; times are nanoseconds handed in. Ports are the host's port numbers.</remarks>
internal abstract class SlowHost
{
    // A round in which nothing answers is the last, for many silent ports cost much. Fewer may have lost their probes by chance, and cost
    // little.
    private const int FewPorts = 16;
    private const int SomePorts = 64;
    private const int FewEmptyRounds = 4;
    private const int LeastEmptyRounds = 2;
    private const int MostEmptyRounds = 6;
    private const double Unlikely = 0.02;

    /// <summary>After so many failures in a row at the slowest pace, control probes show nothing.</summary>
    protected const int MostHeldBack = 5;

    /// <summary>So often in a row silent ports are asked again because one control probe of several was lost.</summary>
    protected const int MostDoubts = 2;

    private readonly Func<int, bool> _isAnswered;
    private readonly int _firstRound;
    private readonly int _lastRound;
    private int _emptyRounds;
    private long _answers;

    /// <param name="host">The host's number.</param>
    /// <param name="ports">The ports to probe, in the order to probe them.</param>
    /// <param name="isAnswered">Whether a port has its answer.</param>
    /// <param name="rounds">The first and last round; a round is an attempt, from 0.</param>
    /// <param name="knownPort">A port known to answer as those do that the limit concerns, or -1.</param>
    protected SlowHost(int host, IEnumerable<int> ports, Func<int, bool> isAnswered, (int First, int Last) rounds, int knownPort)
    {
        Host = host;
        Waiting = new Queue<int>(ports);
        _isAnswered = isAnswered;
        Round = rounds.First;
        (_firstRound, _lastRound) = rounds;
        KnownPort = knownPort;
    }

    /// <summary>Goes on where another pace of the same host stopped: every silent port of the round is asked again.</summary>
    protected SlowHost(SlowHost before)
    {
        Host = before.Host;
        _isAnswered = before._isAnswered;
        (_firstRound, _lastRound, Round) = (before._firstRound, before._lastRound, before.Round);
        (_emptyRounds, _answers) = (before._emptyRounds, before._answers);
        KnownPort = before.KnownPort;
        Counts = before.Counts;
        Waiting = new Queue<int>(
            before.Waiting.Concat(before.Flights.Where(static flight => !flight.IsControl).Select(static flight => flight.Port))
                .Concat(before.Unproved).Concat(before.Settled).Distinct());
    }

    /// <summary>The host's number.</summary>
    public int Host { get; }

    /// <summary>The round that runs; its attempt's number.</summary>
    public int Round { get; private set; }

    /// <summary>What was lost, by rounds of its own.</summary>
    public LossCounts Counts { get; } = new();

    /// <summary>Control probes at a pace that had been found slow enough.</summary>
    public AnswerShare Proved { get; protected set; }

    /// <summary>Rounds in which silent ports were asked.</summary>
    public int Rounds => Round - _firstRound + 1;

    /// <summary>Answers were held back: too many were asked for at once.</summary>
    public bool WasHeldBack { get; protected set; }

    /// <summary>Even at the slowest pace a port known to answer did not: silence says nothing.</summary>
    public bool IsUnproved { get; private set; }

    /// <summary>Ports that stayed silent; when <see cref="IsDone"/>, or none is left.</summary>
    public int Silent => IsDone ? Settled.Count : 0;

    /// <summary>All is said.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Probes whose answers are waited for.</summary>
    public int InFlight => Flights.Count;

    /// <summary>Probes whose answers are waited for, in the order of sending.</summary>
    protected List<Flight> Flights { get; } = [];

    /// <summary>Ports still to be asked in this round.</summary>
    protected Queue<int> Waiting { get; }

    /// <summary>Ports that kept silent, perhaps for the limit's sake.</summary>
    protected List<int> Unproved { get; } = [];

    /// <summary>Ports that kept silent of themselves, in this round.</summary>
    protected List<int> Settled { get; } = [];

    /// <summary>A port known to answer as those do that the limit concerns, or -1.</summary>
    protected int KnownPort { get; set; }

    /// <summary>Silent ports wait for a control probe.</summary>
    protected bool WantsControl { get; set; }

    /// <summary>A control probe is wanted, and none is under way.</summary>
    protected bool IsControlDue => WantsControl && KnownPort >= 0 && !Flights.Exists(static flight => flight.IsControl);

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

    /// <summary>When there is something to do: a probe to send, or a wait that ends.</summary>
    public abstract long DueAt(long wait);

    /// <summary>The next probe, when its time has come.</summary>
    public abstract bool TryNext(long now, out int port);

    /// <summary>An answer came.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isOfKind">The limit concerns such answers, so the port may serve for control probes.</param>
    /// <returns>When the probe was sent, or -1 when none was waited for.</returns>
    public abstract long OnAnswer(int port, bool isOfKind);

    /// <summary>Waits run out; rounds end.</summary>
    public abstract void Advance(long now, long wait);

    /// <summary>A probe did not leave this host: it is asked again.</summary>
    public void TakeBack(int port)
    {
        var place = Flights.FindLastIndex(flight => flight.Port == port);
        if (place >= 0)
        {
            if (!Flights[place].IsControl && !Waiting.Contains(port))
            {
                Waiting.Enqueue(port);
            }

            Flights.RemoveAt(place);
        }
    }

    /// <summary>Whether a port has its answer.</summary>
    protected bool IsAnswered(int port) => _isAnswered(port);

    /// <summary>A port answered in this round.</summary>
    protected void CountAnswer()
    {
        _answers++;
        Counts.CountAnswer(Round - _firstRound);
    }

    /// <summary>Those whose silence may be the limit's doing are asked again, which is not an attempt.</summary>
    protected void AskAgain()
    {
        Unproved.ForEach(Waiting.Enqueue);
        Unproved.Clear();
    }

    /// <summary>The silence of those that were asked is their own.</summary>
    protected void Settle()
    {
        Settled.AddRange(Unproved);
        Unproved.Clear();
    }

    /// <summary>Even the slowest pace gets no answer: control probes show nothing, and silence is taken as it is.</summary>
    protected void GiveUpProof()
    {
        IsUnproved = true;
        KnownPort = -1;
        Settle();
    }

    /// <summary>Every port of the round has answered or is settled.</summary>
    protected void EndRound()
    {
        Settled.RemoveAll(IsAnswered);
        _emptyRounds = Round > 0 && _answers == 0 ? _emptyRounds + 1 : 0;
        if (Settled.Count == 0 || Round >= _lastRound || _emptyRounds >= EnoughEmptyRounds())
        {
            IsDone = true;
            return;
        }

        Round++;
        _answers = 0;

        // Where the pace is a little too high, a port behind one that answers gets no answer itself: so never behind the same one again.
        var order = new IndexPermutation((ulong)Settled.Count, ((ulong)Host << 8) | (uint)Round);
        for (var place = 0UL; place < order.Size; place++)
        {
            Waiting.Enqueue(Settled[(int)order.At(place)]);
        }

        Settled.Clear();
    }

    // So many that a port that answers would hardly have stayed silent in all of them.
    private int EnoughEmptyRounds()
    {
        if (Settled.Count > SomePorts)
        {
            return 1;
        }

        var loss = LossBound.Of([new LossStratum(LossKind.Limited, Rounds, Counts, Settled.Count)]).Loss;
        var enough = loss < 1 ? (int)Math.Ceiling(Math.Log(Unlikely) / Math.Log(Math.Max(loss, 1e-9))) : MostEmptyRounds;
        return Math.Clamp(enough, Settled.Count <= FewPorts ? FewEmptyRounds : LeastEmptyRounds, MostEmptyRounds);
    }

    /// <summary>A probe whose answer is waited for.</summary>
    /// <param name="Port">The port.</param>
    /// <param name="SentAt">When it was sent.</param>
    /// <param name="IsControl">It asks a port that is known to answer.</param>
    /// <param name="IsRested">The host had time to be allowed an answer before it.</param>
    protected readonly record struct Flight(int Port, long SentAt, bool IsControl, bool IsRested);
}
