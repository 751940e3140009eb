namespace Portolan.Linux.Connecting;

/// <summary>
/// Deadlines of numbered slots: setting and clearing one takes constant time and no memory. Time runs in ticks; a deadline is never early
/// and at most one tick late.
/// </summary>
/// <remarks>
/// A hashed wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6): deadlines beyond one turn wait in their
/// bucket.
/// </remarks>
internal sealed class TimerWheel
{
    private const int Buckets = 1024;
    private const int None = -1;

    private readonly int[] _first = new int[Buckets];
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly long[] _deadline;
    private long _tick;

    /// <summary>Makes a wheel for slots 0 to <paramref name="slots"/> - 1, none set, at a time.</summary>
    public TimerWheel(int slots, long tick)
    {
        Array.Fill(_first, None);
        _next = new int[slots];
        _previous = new int[slots];
        _deadline = new long[slots];
        Array.Fill(_deadline, long.MaxValue);
        _tick = tick;
    }

    /// <summary>How many are set.</summary>
    public int Count { get; private set; }

    /// <summary>Sets a slot that is not set.</summary>
    public void Set(int slot, long deadline)
    {
        deadline = Math.Max(deadline, _tick + 1);
        ref var first = ref _first[deadline % Buckets];
        _deadline[slot] = deadline;
        _previous[slot] = None;
        _next[slot] = first;
        if (first != None)
        {
            _previous[first] = slot;
        }

        first = slot;
        Count++;
    }

    /// <summary>Clears a slot; nothing happens when it is not set.</summary>
    public void Clear(int slot)
    {
        if (_deadline[slot] == long.MaxValue)
        {
            return;
        }

        if (_previous[slot] == None)
        {
            _first[_deadline[slot] % Buckets] = _next[slot];
        }
        else
        {
            _next[_previous[slot]] = _next[slot];
        }

        if (_next[slot] != None)
        {
            _previous[_next[slot]] = _previous[slot];
        }

        _deadline[slot] = long.MaxValue;
        Count--;
    }

    /// <summary>Moves to a time and clears and adds to <paramref name="expired"/> the slots whose deadline has come.</summary>
    public void Advance(long tick, List<int> expired)
    {
        // After a long pause one turn sees every bucket.
        var from = Count == 0 ? tick : Math.Max(_tick + 1, tick - Buckets + 1);
        for (var at = from; at <= tick && Count > 0; at++)
        {
            for (var slot = _first[at % Buckets]; slot != None;)
            {
                var next = _next[slot];
                if (_deadline[slot] <= tick)
                {
                    Clear(slot);
                    expired.Add(slot);
                }

                slot = next;
            }
        }

        _tick = Math.Max(_tick, tick);
    }

    /// <summary>Ticks until the next deadline could come, at most <paramref name="most"/>: exact within one turn.</summary>
    public long TicksToNext(long most)
    {
        most = Math.Min(most, Buckets);
        for (var ahead = 1L; ahead < most && Count > 0; ahead++)
        {
            for (var slot = _first[(_tick + ahead) % Buckets]; slot != None; slot = _next[slot])
            {
                if (_deadline[slot] <= _tick + ahead)
                {
                    return ahead;
                }
            }
        }

        return most;
    }
}
