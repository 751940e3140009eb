namespace Portolan.Transport.Timing;

/// <summary>Timers by deadline; those of one deadline in the order they were set. Nothing is allocated once the heap has grown.</summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class TimerHeap
{
    private readonly List<HostTimer> _heap = [];
    private long _order;

    internal int Count => _heap.Count;

    /// <summary>The earliest deadline.</summary>
    internal Instant Next => _heap.Count == 0 ? Instant.Never : _heap[0].Deadline;

    /// <summary>Sets a timer, again if it was set.</summary>
    internal void Set(HostTimer timer, Instant deadline)
    {
        timer.Deadline = deadline;
        timer.Order = _order++;
        if (timer.Place < 0)
        {
            timer.Place = _heap.Count;
            _heap.Add(timer);
        }

        Down(Up(timer.Place));
    }

    /// <summary>Takes a timer out, if it is in.</summary>
    internal void Cancel(HostTimer timer)
    {
        var place = timer.Place;
        if (place < 0)
        {
            return;
        }

        timer.Place = -1;
        timer.Deadline = Instant.Never;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last != timer)
        {
            last.Place = place;
            _heap[place] = last;
            Down(Up(place));
        }
    }

    /// <summary>Does what is due. What is set meanwhile for now or before is done too, but no more than a bounded number in all.</summary>
    internal void Run(Instant now)
    {
        for (var left = _heap.Count + 64; left > 0 && Next <= now; left--)
        {
            var timer = _heap[0];
            Cancel(timer);
            timer.OnDue(now);
        }
    }

    private static bool IsBefore(HostTimer left, HostTimer right) =>
        left.Deadline < right.Deadline || (left.Deadline == right.Deadline && left.Order < right.Order);

    private int Up(int place)
    {
        var timer = _heap[place];
        while (place > 0 && IsBefore(timer, _heap[(place - 1) / 2]))
        {
            Put(place, _heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Put(place, timer);
        return place;
    }

    private void Down(int place)
    {
        var timer = _heap[place];
        while (true)
        {
            var child = (2 * place) + 1;
            if (child + 1 < _heap.Count && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (child >= _heap.Count || !IsBefore(_heap[child], timer))
            {
                break;
            }

            Put(place, _heap[child]);
            place = child;
        }

        Put(place, timer);
    }

    private void Put(int place, HostTimer timer)
    {
        _heap[place] = timer;
        timer.Place = place;
    }
}

/// <summary>Something that is due at a time. It belongs to one <see cref="TimerHeap"/>.</summary>
internal abstract class HostTimer
{
    /// <summary>When; <see cref="Instant.Never"/> while it is not set.</summary>
    internal Instant Deadline { get; set; } = Instant.Never;

    internal long Order { get; set; }

    /// <summary>Where it is in the heap; -1 when it does not.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>Does what is due. It was taken out of the heap before and may be set again.</summary>
    internal abstract void OnDue(Instant now);
}
