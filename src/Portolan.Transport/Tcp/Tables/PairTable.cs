using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Tcp.Tables;

/// <summary>
/// Small records of socket pairs, found by the pair and kept in queues by age: what is left of connections, and what is not one yet. A record is found
/// by number while it lives. Memory is added in blocks and never moved.
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
    private readonly int[] _oldest = Filled(queues);
    private readonly int[] _newest = Filled(queues);
    private int[] _buckets = Filled(64);
    private int _free = None;

    internal int Count { get; private set; }

    /// <summary>Bytes of one record with its share of the tables, when they are full.</summary>
    internal static int BytesEach => System.Runtime.CompilerServices.Unsafe.SizeOf<Slot>() + sizeof(int);

    internal ref T this[int index] => ref At(index).Record;

    internal int Oldest(int queue) => _oldest[queue];

    internal int NewerThan(int index) => At(index).Newer;

    internal FlowKey6 KeyOf(int index) => At(index).Key;

    /// <summary>All pairs, queue by queue, the oldest first. The table must not change meanwhile.</summary>
    internal IEnumerable<FlowKey6> Keys()
    {
        foreach (var oldest in _oldest)
        {
            for (var index = oldest; index != None; index = NewerThan(index))
            {
                yield return KeyOf(index);
            }
        }
    }

    internal static FlowKey6 Key(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber) =>
        new(local, localPort, remote, remotePort, interfaceNumber);

    /// <summary>The number of a pair's record; -1 when it has none.</summary>
    internal int Find(in FlowKey6 key)
    {
        if (Count == 0)
        {
            return None;
        }

        for (var index = _buckets[BucketOf(key)]; index != None;)
        {
            ref var slot = ref At(index);
            if (slot.Key == key)
            {
                return index;
            }

            index = slot.Next;
        }

        return None;
    }

    /// <summary>Adds a record of a pair that has none, at the young end of a queue. Returns its number; -1 at the limit.</summary>
    internal int Add(in FlowKey6 key, in T record, int queue)
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
        slot.Key = key;
        slot.Record = record;
        slot.Queue = (byte)queue;
        var bucket = BucketOf(key);
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
        ref var link = ref _buckets[BucketOf(slot.Key)];
        while (link != index)
        {
            link = ref At(link).Next;
        }

        link = slot.Next;
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

    private int BucketOf(in FlowKey6 key) => (int)(key.Hash(hash) & (uint)(_buckets.Length - 1));

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
                var bucket = BucketOf(slot.Key);
                slot.Next = _buckets[bucket];
                _buckets[bucket] = index;
                index = next;
            }
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        internal T Record;
        internal FlowKey6 Key;
        internal int Next;
        internal int Newer;
        internal int Older;
        internal byte Queue;
    }
}
