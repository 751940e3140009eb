using System.Runtime.InteropServices;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Tcp.Tables;

/// <summary>
/// Small records of socket pairs, found by the pair and kept in queues by age: what is left of connections, and what is not one yet. A
/// record is found by number while it lives. Memory is added in blocks and never moved. An IPv4 pair lies in its record; an IPv6 pair,
/// three times as long, beside it.
/// </summary>
/// <remarks>One thread at a time.</remarks>
/// <typeparam name="T">The record.</typeparam>
internal sealed class PairTable<T>(SipHash hash, int queues, int limit)
    where T : struct
{
    private const int BlockShift = 10;
    private const int BlockLength = 1 << BlockShift;
    private const int None = -1;

    private readonly List<Slot[]> _blocks = [];
    private readonly List<FlowKey6> _longKeys = [];
    private readonly Stack<int> _freeLongKeys = new();
    private readonly int[] _oldest = Filled(queues);
    private readonly int[] _newest = Filled(queues);
    private int[] _buckets = Filled(64);
    private int _free = None;

    internal int Count { get; private set; }

    /// <summary>Bytes of one record of an IPv4 pair with its share of the tables, when they are full.</summary>
    internal static int BytesEach => System.Runtime.CompilerServices.Unsafe.SizeOf<Slot>() + sizeof(int);

    internal ref T this[int index] => ref At(index).Record;

    internal int Oldest(int queue) => _oldest[queue];

    internal int NewerThan(int index) => At(index).Newer;

    /// <summary>Whose record it is. The zone is not kept.</summary>
    internal FlowEnds EndsOf(int index)
    {
        ref var slot = ref At(index);
        if (!slot.IsLong)
        {
            return new FlowEnds(slot.Key.Local, slot.Key.LocalPort, slot.Key.Remote, slot.Key.RemotePort, 0);
        }

        var key = _longKeys[slot.Key.Index];
        return new FlowEnds(key.Local, key.LocalPort, key.Remote, key.RemotePort, 0);
    }

    /// <summary>All pairs, queue by queue, the oldest first. The table must not change meanwhile.</summary>
    internal IEnumerable<FlowEnds> Pairs()
    {
        foreach (var oldest in _oldest)
        {
            for (var index = oldest; index != None; index = NewerThan(index))
            {
                yield return EndsOf(index);
            }
        }
    }

    /// <summary>The number of a pair's record; -1 when it has none.</summary>
    internal int Find(in FlowEnds ends)
    {
        if (Count == 0)
        {
            return None;
        }

        if (ends.Local.IsIPv4)
        {
            var key = new FlowKey4(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort);
            var index = _buckets[BucketOf(key.Hash(hash))];
            while (index != None && (At(index).IsLong || At(index).Key != key))
            {
                index = At(index).Next;
            }

            return index;
        }
        else
        {
            var key = new FlowKey6(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort, ends.Zone);
            var index = _buckets[BucketOf(key.Hash(hash))];
            while (index != None && (!At(index).IsLong || _longKeys[At(index).Key.Index] != key))
            {
                index = At(index).Next;
            }

            return index;
        }
    }

    /// <summary>Adds a record of a pair that has none, at the young end of a queue. Returns its number; -1 at the limit.</summary>
    internal int Add(in FlowEnds ends, in T record, int queue)
    {
        if (Count >= limit)
        {
            return None;
        }

        if (Count >= _buckets.Length)
        {
            Rehash(_buckets.Length * 2);
        }

        if (_free == None)
        {
            AddBlock();
        }

        var index = _free;
        ref var slot = ref At(index);
        _free = slot.Next;
        SetKey(ref slot, ends);
        slot.Record = record;
        var bucket = BucketOf(slot);
        slot.Next = _buckets[bucket];
        _buckets[bucket] = index;
        Enqueue(index, queue);
        Count++;
        return index;
    }

    internal void Remove(int index)
    {
        ref var slot = ref At(index);
        Dequeue(index);
        ref var link = ref _buckets[BucketOf(slot)];
        while (link != index)
        {
            link = ref At(link).Next;
        }

        link = slot.Next;
        if (slot.IsLong)
        {
            _freeLongKeys.Push(slot.Key.Index);
        }

        slot.Record = default;
        slot.Next = _free;
        _free = index;
        Count--;
    }

    /// <summary>Moves a record to the young end of a queue.</summary>
    internal void Requeue(int index, int queue)
    {
        Dequeue(index);
        Enqueue(index, queue);
    }

    private static int[] Filled(int length)
    {
        var array = new int[length];
        Array.Fill(array, None);
        return array;
    }

    private ref Slot At(int index) => ref _blocks[index >> BlockShift][index & (BlockLength - 1)];

    private int BucketOf(ulong hashed) => (int)(hashed & (uint)(_buckets.Length - 1));

    private int BucketOf(in Slot slot) => BucketOf(slot.IsLong ? _longKeys[slot.Key.Index].Hash(hash) : slot.Key.Hash(hash));

    private void SetKey(ref Slot slot, in FlowEnds ends)
    {
        slot.IsLong = !ends.Local.IsIPv4;
        if (!slot.IsLong)
        {
            slot.Key = new FlowKey4(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort);
            return;
        }

        var key = new FlowKey6(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort, ends.Zone);
        if (_freeLongKeys.TryPop(out var place))
        {
            _longKeys[place] = key;
        }
        else
        {
            place = _longKeys.Count;
            _longKeys.Add(key);
        }

        slot.Key = FlowKey4.FromIndex(place);
    }

    private void Enqueue(int index, int queue)
    {
        ref var slot = ref At(index);
        slot.Queue = (byte)queue;
        slot.Newer = None;
        slot.Older = _newest[queue];
        if (slot.Older == None)
        {
            _oldest[queue] = index;
        }
        else
        {
            At(slot.Older).Newer = index;
        }

        _newest[queue] = index;
    }

    private void Dequeue(int index)
    {
        ref var slot = ref At(index);
        if (slot.Older == None)
        {
            _oldest[slot.Queue] = slot.Newer;
        }
        else
        {
            At(slot.Older).Newer = slot.Newer;
        }

        if (slot.Newer == None)
        {
            _newest[slot.Queue] = slot.Older;
        }
        else
        {
            At(slot.Newer).Older = slot.Older;
        }
    }

    private void AddBlock()
    {
        var first = _blocks.Count << BlockShift;
        _blocks.Add(new Slot[BlockLength]);
        for (var i = BlockLength - 1; i >= 0; i--)
        {
            At(first + i).Next = _free;
            _free = first + i;
        }
    }

    private void Rehash(int length)
    {
        var old = _buckets;
        _buckets = Filled(length);
        foreach (var head in old)
        {
            for (var index = head; index != None;)
            {
                ref var slot = ref At(index);
                var next = slot.Next;
                var bucket = BucketOf(slot);
                slot.Next = _buckets[bucket];
                _buckets[bucket] = index;
                index = next;
            }
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        /// <summary>Of an IPv6 pair the place of its key among the long ones.</summary>
        internal FlowKey4 Key;
        internal int Next;
        internal int Newer;
        internal int Older;
        internal T Record;
        internal byte Queue;
        internal bool IsLong;
    }
}
