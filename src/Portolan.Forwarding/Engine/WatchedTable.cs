namespace Portolan.Forwarding.Engine;

/// <summary>Who stands behind the number of an event.</summary>
internal sealed class WatchedTable
{
    private readonly Stack<int> _free = new();
    private Watched?[] _slots = new Watched?[64];
    private uint[] _generations = new uint[64];
    private int _used;

    /// <summary>How many there are.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Gives a place.</summary>
    public void Add(Watched watched)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _used++;
            if (slot == _slots.Length)
            {
                Array.Resize(ref _slots, slot * 2);
                Array.Resize(ref _generations, slot * 2);
            }
        }

        _slots[slot] = watched;
        watched.Slot = slot;
        watched.Generation = ++_generations[slot];
    }

    /// <summary>Takes the place back: events under its number are invalid from now on.</summary>
    public void Remove(Watched watched)
    {
        _slots[watched.Slot] = null;
        _free.Push(watched.Slot);
        watched.Slot = -1;
    }

    /// <summary>The number for a descriptor of it.</summary>
    public static ulong NumberOf(Watched watched, int part) => ((ulong)watched.Generation << 32) | ((uint)watched.Slot << 1) | (uint)part;

    /// <summary>Who is meant; <c>null</c> when it is gone.</summary>
    public Watched? Find(ulong number)
    {
        var slot = (int)((uint)number >> 1);
        return slot < _used && _slots[slot] is { } watched && watched.Generation == (uint)(number >> 32) ? watched : null;
    }

    /// <summary>All of them, at this moment.</summary>
    public List<Watched> ToList() => [.. _slots.Take(_used).OfType<Watched>()];
}
