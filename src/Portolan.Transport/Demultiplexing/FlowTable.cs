using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Portolan.Packets;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Demultiplexing;

/// <summary>What became of an addition to a table.</summary>
internal enum FlowAddition : byte
{
    Added,

    /// <summary>The key was there before; nothing changed.</summary>
    Exists,

    /// <summary>The table may grow no more; nothing changed.</summary>
    Full,
}

/// <summary>
/// A hash table for what is looked up once a packet: open addressing in Robin Hood order (Celis, 1986), a keyed hash, and removal that
/// shifts back what follows, so that no trace of a removed key slows later lookups. A lookup looks at <see cref="MaxProbe"/> places at most
/// and allocates nothing.
/// </summary>
/// <remarks>One thread at a time. Growing moves all entries at once: give the capacity beforehand where that matters.</remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
internal sealed class FlowTable<TKey, TValue>
    where TKey : struct, IFlowKey<TKey>
{
    /// <summary>The most places a lookup looks at.</summary>
    public const int MaxProbe = 64;

    private const uint Used = 0x8000_0000;
    private const int MinCapacity = 16;

    /// <summary>Nearly all keys stand so near to their own place.</summary>
    private const int LikelyProbe = 4;

    private readonly SipHash _hash;
    private readonly int _maxCapacity;

    // Apart from the entries: a probe reads only these, sixteen to a cache line. 0 is a free place; else the highest bit is set.
    private uint[] _hashes;
    private Entry[] _entries;

    /// <summary>Makes an empty table.</summary>
    /// <param name="hash">The key of the hash; from a seed that a peer cannot know.</param>
    /// <param name="capacity">Entries it holds without growing.</param>
    /// <param name="maxEntries">Entries it may grow to, as near above as doubling comes.</param>
    public FlowTable(SipHash hash, int capacity = 0, int maxEntries = 1 << 28)
    {
        _hash = hash;
        _maxCapacity = CapacityFor(maxEntries);
        var size = Math.Min(_maxCapacity, CapacityFor(capacity));
        _hashes = new uint[size];
        _entries = new Entry[size];
    }

    /// <summary>How many entries.</summary>
    public int Count { get; private set; }

    /// <summary>How many places.</summary>
    public int Capacity => _hashes.Length;

    /// <summary>The places that the worst entry needs, 1 to <see cref="MaxProbe"/>; 0 when empty. Looks at every entry.</summary>
    public int LongestProbe
    {
        get
        {
            var longest = 0;
            for (var i = 0; i < _hashes.Length; i++)
            {
                longest = _hashes[i] == 0 ? longest : Math.Max(longest, DistanceAt(i) + 1);
            }

            return longest;
        }
    }

    /// <summary>Finds the value of a key.</summary>
    public bool TryFind(in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var place = Find(key);
        value = place >= 0 ? _entries[place].Value : default;
        return place >= 0;
    }

    /// <summary>Asks for the memory where a key is, if it is there. Give the result to <see cref="At"/>, later.</summary>
    internal uint Prefetch(in TKey key)
    {
        var hash = HashOf(key);
        var place = (int)hash & (_hashes.Length - 1);
        CacheLines.Prefetch(in _hashes[place]);
        CacheLines.Prefetch(in _entries[place]);
        return hash;
    }

    /// <summary>What most likely is the value of a key.</summary>
    internal TValue? At(uint hash)
    {
        var mask = _hashes.Length - 1;
        for (var (place, distance) = ((int)hash & mask, 0); distance < LikelyProbe
            && _hashes[place] != 0; place = (place + 1) & mask, distance++)
        {
            if (_hashes[place] == hash)
            {
                return _entries[place].Value;
            }
        }

        return default;
    }

    /// <summary>Adds a key that is not there yet.</summary>
    public FlowAddition TryAdd(in TKey key, TValue value)
    {
        var hash = HashOf(key);
        if (Find(hash, key) >= 0)
        {
            return FlowAddition.Exists;
        }

        if (Count >= MostEntries(_hashes.Length) && !TryGrow())
        {
            return FlowAddition.Full;
        }

        while (!TryInsert(hash, key, value))
        {
            if (!TryGrow())
            {
                return FlowAddition.Full;
            }
        }

        Count++;
        return FlowAddition.Added;
    }

    /// <summary>Changes the value of a key that is there; false when it is not.</summary>
    public bool TryReplace(in TKey key, TValue value)
    {
        var place = Find(key);
        if (place >= 0)
        {
            _entries[place].Value = value;
        }

        return place >= 0;
    }

    /// <summary>Removes a key and gives its value; false when it is not there.</summary>
    public bool TryRemove(in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var place = Find(key);
        if (place < 0)
        {
            value = default;
            return false;
        }

        value = _entries[place].Value;
        var mask = _hashes.Length - 1;
        for (var next = (place + 1) & mask; _hashes[next] != 0 && DistanceAt(next) > 0; next = (next + 1) & mask)
        {
            _hashes[place] = _hashes[next];
            _entries[place] = _entries[next];
            place = next;
        }

        _hashes[place] = 0;
        _entries[place] = default;
        Count--;
        return true;
    }

    /// <summary>For <c>foreach</c>, in no order. The table must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    private static int CapacityFor(int entries) =>
        Math.Max(MinCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)(Math.Clamp(entries, 0, 1 << 28) * 8L / 7) + 1));

    /// <summary>Seven eighths: in Robin Hood order probes stay short, and the limit on them is next to never met.</summary>
    private static int MostEntries(int capacity) => capacity / 8 * 7;

    private uint HashOf(in TKey key) => (uint)key.Hash(_hash) | Used;

    private int DistanceAt(int place) => (place - (int)_hashes[place]) & (_hashes.Length - 1);

    private int Find(in TKey key) => Find(HashOf(key), key);

    private int Find(uint hash, in TKey key)
    {
        var hashes = _hashes;
        var mask = hashes.Length - 1;
        var place = (int)hash & mask;
        CacheLines.Prefetch(in _entries[place]);
        for (var distance = 0; distance < MaxProbe; distance++)
        {
            var stored = hashes[place];
            if (stored == hash && _entries[place].Key.Equals(key))
            {
                return place;
            }

            // In Robin Hood order a key stands before any that is nearer to its own place.
            if (stored == 0 || ((place - (int)stored) & mask) < distance)
            {
                return -1;
            }

            place = (place + 1) & mask;
        }

        return -1;
    }

    /// <summary>
    /// Puts an entry where it belongs and shifts what stood there; changes nothing when an entry would come to stand too far away.
    /// </summary>
    private bool TryInsert(uint hash, in TKey key, TValue value)
    {
        var mask = _hashes.Length - 1;
        var place = (int)hash & mask;
        var distance = 0;
        while (_hashes[place] != 0 && DistanceAt(place) >= distance)
        {
            place = (place + 1) & mask;
            distance++;
        }

        if (distance >= MaxProbe)
        {
            return false;
        }

        var free = place;
        while (_hashes[free] != 0)
        {
            if (DistanceAt(free) + 1 >= MaxProbe)
            {
                return false;
            }

            free = (free + 1) & mask;
        }

        for (; free != place; free = (free - 1) & mask)
        {
            var before = (free - 1) & mask;
            _hashes[free] = _hashes[before];
            _entries[free] = _entries[before];
        }

        _hashes[place] = hash;
        _entries[place] = new Entry { Key = key, Value = value };
        return true;
    }

    private bool TryGrow()
    {
        for (var capacity = _hashes.Length * 2L; capacity <= _maxCapacity; capacity *= 2)
        {
            var (hashes, entries) = (_hashes, _entries);
            _hashes = new uint[capacity];
            _entries = new Entry[capacity];
            var fits = true;
            for (var i = 0; i < hashes.Length && fits; i++)
            {
                fits = hashes[i] == 0 || TryInsert(hashes[i], entries[i].Key, entries[i].Value);
            }

            if (fits)
            {
                return true;
            }

            (_hashes, _entries) = (hashes, entries);
        }

        return false;
    }

    private struct Entry
    {
        internal TKey Key;
        internal TValue Value;
    }

    /// <summary>Walks the entries.</summary>
    public struct Enumerator
    {
        private readonly FlowTable<TKey, TValue> _table;
        private int _place;

        internal Enumerator(FlowTable<TKey, TValue> table)
        {
            _table = table;
            _place = -1;
        }

        /// <summary>The entry reached.</summary>
        public readonly (TKey Key, TValue Value) Current => (_table._entries[_place].Key, _table._entries[_place].Value);

        /// <summary>Goes to the next entry.</summary>
        public bool MoveNext()
        {
            while (++_place < _table._hashes.Length)
            {
                if (_table._hashes[_place] != 0)
                {
                    return true;
                }
            }

            return false;
        }
    }
}

/// <summary>A key of a <see cref="FlowTable{TKey, TValue}"/>.</summary>
/// <typeparam name="TSelf">The key itself.</typeparam>
internal interface IFlowKey<TSelf> : IEquatable<TSelf>
    where TSelf : struct, IFlowKey<TSelf>
{
    /// <summary>The keyed hash of all its bits. Colliding keys cannot be made without the key.</summary>
    ulong Hash(in SipHash hash);
}
