namespace Portolan.Transport.Buffers;

/// <summary>
/// The packet memory of one shard: slabs of buffers, lent by handle. A buffer given back twice or used afterwards is found
/// (<see cref="PacketHandleException"/>); at the memory limit a request is refused, never a live buffer taken. Once the buffers are there
/// nothing is allocated. Each buffer is an array of its own, so that one can leave the pool (<see cref="Detach"/>) while somebody still
/// looks at it.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class PacketPool
{
    private const int MaxSlabs = 1 << 16;
    private const int MaxSlots = 1 << 16;

    private readonly PacketPoolOptions _options;
    private readonly List<PacketSlab> _slabs = [];
    private readonly Stack<PacketSlab> _withoutMemory = new();

    /// <summary>For each length: the slabs that have a free buffer. The last one is used first.</summary>
    private readonly List<PacketSlab>[] _open;

    /// <summary>Makes an empty pool; memory comes with the first requests.</summary>
    /// <exception cref="ArgumentException">No lengths, or lengths that do not ascend from above 0.</exception>
    public PacketPool(PacketPoolOptions? options = null)
    {
        _options = options ?? new PacketPoolOptions();
        var last = 0;
        foreach (var length in _options.BufferLengths)
        {
            if (length <= last)
            {
                throw new ArgumentException("buffer lengths ascend from above 0", nameof(options));
            }

            last = length;
        }

        if (last == 0)
        {
            throw new ArgumentException("a pool has at least one buffer length", nameof(options));
        }

        _open = [.. _options.BufferLengths.Select(static _ => new List<PacketSlab>())];
        LargestBuffer = last;
    }

    /// <summary>The longest buffer there is.</summary>
    public int LargestBuffer { get; }

    /// <summary>Buffers that are lent.</summary>
    public int InUse { get; private set; }

    /// <summary>Bytes of the buffers that are lent.</summary>
    public long BytesInUse { get; private set; }

    /// <summary>Bytes of all slabs, at most <see cref="PacketPoolOptions.MemoryLimit"/>.</summary>
    public long MemoryUsed { get; private set; }

    /// <summary>Requests refused at the limit, or longer than <see cref="LargestBuffer"/>.</summary>
    public long Refused { get; private set; }

    /// <summary>
    /// Lends a buffer of at least <paramref name="length"/> bytes; what it holds is whatever it held. False at the memory limit.
    /// </summary>
    public bool TryRent(int length, out PacketHandle handle)
    {
        for (var size = 0; size < _open.Length; size++)
        {
            if (_options.BufferLengths[size] < length)
            {
                continue;
            }

            if (_open[size].Count > 0 || TryGrow(size))
            {
                handle = Take(_open[size]);
                return true;
            }
        }

        Refused++;
        handle = default;
        return false;
    }

    /// <summary>The bytes of a buffer.</summary>
    /// <exception cref="PacketHandleException">It was given back, or never lent.</exception>
    public Span<byte> Bytes(PacketHandle handle) => Find(handle, "used").Bytes(handle.Slot);

    /// <summary>
    /// The bytes of a buffer, for what outlives a call. It must not outlive the handle, unless that is detached: nothing finds that.
    /// </summary>
    /// <exception cref="PacketHandleException">It was given back, or never lent.</exception>
    public Memory<byte> Buffer(PacketHandle handle) => Find(handle, "used").Buffer(handle.Slot);

    /// <summary>Whether a handle still has its buffer.</summary>
    public bool IsLent(PacketHandle handle) => handle.Slab < _slabs.Count && _slabs[handle.Slab].Holds(handle);

    /// <summary>Takes a buffer back.</summary>
    /// <exception cref="PacketHandleException">It was given back before, or never lent.</exception>
    public void Return(PacketHandle handle)
    {
        var slab = Find(handle, "given back");
        if (_options.Poison)
        {
            slab.Bytes(handle.Slot).Fill(FreedMemory.Poison);
        }

        TakeBack(slab, handle);
    }

    /// <summary>
    /// Takes the place of a buffer back without its bytes: those belong to whoever looks at them, and then to the garbage collector. The
    /// place gets other bytes when it is lent again.
    /// </summary>
    /// <exception cref="PacketHandleException">It was given back before, or never lent.</exception>
    public void Detach(PacketHandle handle)
    {
        var slab = Find(handle, "detached");
        slab.Forget(handle.Slot);
        TakeBack(slab, handle);
    }

    /// <summary>Lets go of slabs of which no buffer is lent. Returns how many bytes that were.</summary>
    public long Trim()
    {
        var before = MemoryUsed;
        foreach (var open in _open)
        {
            for (var i = open.Count - 1; i >= 0; i--)
            {
                if (open[i].IsUnused)
                {
                    Release(open, i);
                }
            }
        }

        return before - MemoryUsed;
    }

    private void TakeBack(PacketSlab slab, PacketHandle handle)
    {
        slab.Return(handle.Slot);
        InUse--;
        BytesInUse -= slab.BufferLength;
        if (slab.FreeCount == 1)
        {
            _open[SizeOf(slab)].Add(slab);
        }
    }

    private PacketHandle Take(List<PacketSlab> open)
    {
        var slab = open[^1];
        var handle = slab.Rent();
        if (slab.FreeCount == 0)
        {
            open.RemoveAt(open.Count - 1);
        }

        InUse++;
        BytesInUse += slab.BufferLength;
        return handle;
    }

    private bool TryGrow(int size)
    {
        var length = _options.BufferLengths[size];
        var capacity = Math.Clamp(_options.SlabLength / length, 1, MaxSlots);
        while (MemoryUsed + ((long)length * capacity) > _options.MemoryLimit)
        {
            // What another length left unused must not keep this one from growing; failing that, a slab of fewer buffers may do.
            if (!TryReleaseOne(size))
            {
                capacity = (int)Math.Min(capacity, (_options.MemoryLimit - MemoryUsed) / length);
                break;
            }
        }

        if (capacity < 1 || (_withoutMemory.Count == 0 && _slabs.Count == MaxSlabs))
        {
            return false;
        }

        if (!_withoutMemory.TryPop(out var slab))
        {
            slab = new PacketSlab(_slabs.Count);
            _slabs.Add(slab);
        }

        slab.Allocate(length, capacity);
        MemoryUsed += slab.Size;
        _open[size].Add(slab);
        return true;
    }

    private bool TryReleaseOne(int exceptSize)
    {
        for (var size = 0; size < _open.Length; size++)
        {
            var index = size == exceptSize ? -1 : _open[size].FindIndex(static slab => slab.IsUnused);
            if (index >= 0)
            {
                Release(_open[size], index);
                return true;
            }
        }

        return false;
    }

    private void Release(List<PacketSlab> open, int index)
    {
        var slab = open[index];
        open.RemoveAt(index);
        MemoryUsed -= slab.Size;
        slab.Release();
        _withoutMemory.Push(slab);
    }

    private PacketSlab Find(PacketHandle handle, string what)
    {
        if (!IsLent(handle))
        {
            throw new PacketHandleException(
                handle.IsNone
                    ? $"no buffer at all was {what}"
                    : $"buffer {handle.Slab}.{handle.Slot} was {what} with handle {handle.Generation} after it had been given back");
        }

        return _slabs[handle.Slab];
    }

    private int SizeOf(PacketSlab slab)
    {
        for (var size = 0; size < _open.Length; size++)
        {
            if (_options.BufferLengths[size] == slab.BufferLength)
            {
                return size;
            }
        }

        throw new InvalidOperationException("a slab has one of the pool's lengths");
    }
}

/// <summary>
/// What is written over memory that was given back, where the switch <see cref="Switch"/> is on: whoever still looks at it sees that, not
/// the bytes of another program some time later. For tests: it costs time.
/// </summary>
internal static class FreedMemory
{
    /// <summary>The name of the <see cref="AppContext"/> switch.</summary>
    internal const string Switch = "Portolan.Transport.PoisonFreedMemory";

    /// <summary>What poisoned memory is full of.</summary>
    internal const byte Poison = 0xde;

    /// <summary>Whether the switch was on when the program first asked.</summary>
    internal static bool IsPoisoned { get; } = AppContext.TryGetSwitch(Switch, out var isOn) && isOn;
}
