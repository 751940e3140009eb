namespace Portolan.Forwarding.Engine;

/// <summary>
/// The deadlines of one worker: setting and clearing takes constant time and no memory. A deadline is never early and at most
/// <see cref="Grain"/> late.
/// </summary>
/// <remarks>
/// A hashed wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6): what lies beyond one turn waits in its
/// bucket.
/// </remarks>
internal sealed class DeadlineWheel
{
    /// <summary>No deadline.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Milliseconds of a bucket.</summary>
    public const int Grain = 16;

    private const int Buckets = 1024;

    private readonly Watched?[] _first = new Watched?[Buckets];
    private readonly List<Watched> _due = [];
    private long _tick;
    private long _earliest = Never;
    private int _count;

    /// <summary>How many are set.</summary>
    public int Count => _count;

    /// <summary>Milliseconds until <see cref="Advance"/> may have something to do; -1 when nothing is set.</summary>
    public int Wait(long now) => _count == 0 ? -1 : (int)Math.Clamp(_earliest - now, 0, 60_000);

    /// <summary>Sets the deadline, in place of the last one.</summary>
    public void Set(Watched watched, long deadline)
    {
        Clear(watched);
        if (deadline == Never)
        {
            return;
        }

        var tick = Math.Max(TickOf(deadline), _tick + 1);
        watched.Deadline = tick * Grain;
        ref var first = ref _first[tick % Buckets];
        watched.Previous = null;
        watched.Next = first;
        if (first is not null)
        {
            first.Previous = watched;
        }

        first = watched;
        _count++;
        _earliest = Math.Min(_earliest, watched.Deadline);
    }

    /// <summary>Clears the deadline; nothing happens where there is none.</summary>
    public void Clear(Watched watched)
    {
        if (watched.Deadline == Never)
        {
            return;
        }

        if (watched.Previous is { } previous)
        {
            previous.Next = watched.Next;
        }
        else
        {
            _first[TickOf(watched.Deadline) % Buckets] = watched.Next;
        }

        if (watched.Next is { } next)
        {
            next.Previous = watched.Previous;
        }

        watched.Next = watched.Previous = null;
        watched.Deadline = Never;
        _count--;
    }

    /// <summary>Moves to a time and tells those whose deadline has come. They may set deadlines, also of each other.</summary>
    public void Advance(long now)
    {
        if (now < _earliest || _count == 0)
        {
            return;
        }

        var target = now / Grain;
        // After a long pause one turn sees every bucket.
        for (var tick = Math.Max(_tick + 1, target - Buckets + 1); tick <= target; tick++)
        {
            for (var watched = _first[tick % Buckets]; watched is not null; watched = watched.Next)
            {
                if (watched.Deadline <= target * Grain)
                {
                    _due.Add(watched);
                }
            }
        }

        _tick = Math.Max(_tick, target);
        // Also what somebody told before clears or moves: only those that are still due are told.
        for (var i = 0; i < _due.Count; i++)
        {
            if (_due[i].Deadline <= target * Grain)
            {
                Clear(_due[i]);
                _due[i].OnDeadline();
            }
        }

        _due.Clear();
        _earliest = FindEarliest();
    }

    private long FindEarliest()
    {
        if (_count == 0)
        {
            return Never;
        }

        for (var ahead = 1; ahead <= Buckets; ahead++)
        {
            var tick = _tick + ahead;
            for (var watched = _first[tick % Buckets]; watched is not null; watched = watched.Next)
            {
                if (watched.Deadline == tick * Grain)
                {
                    return watched.Deadline;
                }
            }
        }

        // Everything lies beyond one turn: look again then.
        return (_tick + Buckets) * Grain;
    }

    private static long TickOf(long milliseconds) => (milliseconds + Grain - 1) / Grain;
}
