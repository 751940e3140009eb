using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>What an answer to a probe of a trace says.</summary>
internal enum HopAnswer : byte
{
    /// <summary>The TTL ended at a router.</summary>
    Exceeded,

    /// <summary>The host itself answered.</summary>
    Reached,

    /// <summary>A router or firewall on the way rejected the probe.</summary>
    Refused,
}

/// <summary>
/// A search along the way to one host with packets of one kind: which TTL is asked next, and what came back. Times are in nanoseconds.
/// </summary>
/// <remarks>
/// Each TTL is asked three times at most, the later times a second apart: Linux sends one ICMP error a second to each receiver (icmp(7),
/// icmp_ratelimit).
/// </remarks>
/// <param name="window">The most probes that wait for an answer.</param>
internal abstract class HopSearch(int window)
{
    /// <summary>The furthest hop that is looked for, as in nmap.</summary>
    public const int MostHops = 50;

    /// <summary>How often a TTL is asked.</summary>
    public const int Attempts = 3;

    private const long LaterWait = 1_000_000_000;

    private readonly Hop[] _hops = new Hop[MostHops + 1];
    private int _pending;

    /// <summary>What is known of a TTL.</summary>
    protected enum HopState : byte
    {
        /// <summary>It may be asked.</summary>
        Open,

        /// <summary>It was asked; the answer may come.</summary>
        Pending,

        /// <summary>It answered, or its answer is known from another trace.</summary>
        Known,

        /// <summary>It does not answer.</summary>
        Silent,
    }

    /// <summary>Nothing is left to ask.</summary>
    public abstract bool IsDone { get; }

    /// <summary>When the next wait is over; <see cref="long.MaxValue"/> when nothing is waited for.</summary>
    public long NextAt
    {
        get
        {
            var next = long.MaxValue;
            for (var ttl = 1; _pending > 0 && ttl <= MostHops; ttl++)
            {
                next = _hops[ttl].State == HopState.Pending ? Math.Min(next, _hops[ttl].DueAt) : next;
            }

            return next;
        }
    }

    /// <summary>The TTL to ask now, and the number of the attempt; <c>false</c> when none may be asked now.</summary>
    public bool TryNext(long now, out int ttl, out int attempt)
    {
        Expire(now);
        ttl = _pending < window && !IsDone ? Pick() : 0;
        attempt = _hops[ttl].Attempts;
        return ttl > 0;
    }

    /// <summary>It was asked.</summary>
    /// <param name="ttl">The TTL.</param>
    /// <param name="now">When.</param>
    /// <param name="wait">How long an answer may take.</param>
    public void MarkSent(int ttl, long now, long wait)
    {
        ref var hop = ref _hops[ttl];
        hop.DueAt = now + (hop.Attempts == 0 ? wait : Math.Max(wait, LaterWait));
        hop.SentAt[hop.Attempts] = now;
        hop.Attempts++;
        hop.State = HopState.Pending;
        _pending++;
    }

    /// <summary>An answer came.</summary>
    public void Take(int ttl, int attempt, InternetAddress from, HopAnswer answer, long receivedAt)
    {
        if (ttl is < 1 or > MostHops || attempt >= _hops[ttl].Attempts || _hops[ttl].State == HopState.Known)
        {
            return;
        }

        ref var hop = ref _hops[ttl];
        _pending -= hop.State == HopState.Pending ? 1 : 0;
        hop.State = HopState.Known;
        hop.Address = from;
        hop.RoundTrip = TimeSpan.FromTicks(Math.Max(0, receivedAt - hop.SentAt[attempt]) / TimeSpan.NanosecondsPerTick);
        OnAnswer(ttl, from, answer);
    }

    /// <summary>Who should answer a probe with a TTL, as far as that is known.</summary>
    public virtual InternetAddress? ResponderTo(int ttl) => null;

    /// <summary>The TTL to ask; 0 for none.</summary>
    protected abstract int Pick();

    /// <summary>A TTL answered for the first time.</summary>
    protected abstract void OnAnswer(int ttl, InternetAddress from, HopAnswer answer);

    /// <summary>What is known of a TTL.</summary>
    protected HopState StateOf(int ttl) => _hops[ttl].State;

    /// <summary>Nothing is left to ask of a TTL.</summary>
    protected bool IsSettled(int ttl) => _hops[ttl].State is HopState.Known or HopState.Silent;

    /// <summary>How often a TTL was asked.</summary>
    protected int AttemptsOf(int ttl) => _hops[ttl].Attempts;

    /// <summary>Takes what another trace found over.</summary>
    protected void Adopt(TraceHop hop)
    {
        ref var own = ref _hops[hop.TimeToLive];
        if (own.State is HopState.Open or HopState.Pending)
        {
            _pending -= own.State == HopState.Pending ? 1 : 0;
            own.State = hop.Address is null ? HopState.Silent : HopState.Known;
            (own.Address, own.RoundTrip) = (hop.Address, hop.RoundTrip);
        }
    }

    /// <summary>What is known of a TTL, for the result.</summary>
    protected TraceHop HopAt(int ttl) =>
        new((byte)ttl, _hops[ttl].State == HopState.Known ? _hops[ttl].Address : null, _hops[ttl].RoundTrip);

    private void Expire(long now)
    {
        for (var ttl = 1; _pending > 0 && ttl <= MostHops; ttl++)
        {
            ref var hop = ref _hops[ttl];
            if (hop.State == HopState.Pending && now >= hop.DueAt)
            {
                hop.State = hop.Attempts >= Attempts ? HopState.Silent : HopState.Open;
                _pending--;
            }
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Attempts)]
    private struct SendTimes
    {
        private long _first;
    }

    private struct Hop
    {
        public HopState State;
        public byte Attempts;
        public long DueAt;
        public SendTimes SentAt;
        public InternetAddress? Address;
        public TimeSpan RoundTrip;
    }
}
