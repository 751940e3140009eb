using System.Numerics;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Tcp.Tables;

/// <summary>
/// A hashed timing wheel (Varghese and Lauck, 1987): one deadline for each numbered timer, set and moved in constant time, without
/// allocation once the numbers have been seen. A deadline that moves later costs nothing: the timer fires early, and its owner arms it
/// again.
/// </summary>
/// <remarks>One thread at a time. Slots are 2^20 ns, about a millisecond; deadlines within a slot are exact.</remarks>
internal sealed class TimingWheel
{
    private const int Shift = 20;
    private const int Slots = 8192;
    private const int None = -1;

    // No time is before the beginning; a new node is all zero.
    private const long NotArmed = 0;

    private readonly int[] _heads = new int[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private Node[] _nodes = [];
    private long _tick;
    private long _next = long.MaxValue;
    private int _count;

    internal TimingWheel() => Array.Fill(_heads, None);

    /// <summary>The earliest deadline, nanoseconds; it may be earlier than any that is set.</summary>
    internal long Next => _count == 0 ? long.MaxValue : _next;

    /// <summary>Asks for the memory of a timer.</summary>
    internal void Prefetch(int id)
    {
        if (id < _nodes.Length)
        {
            CacheLines.Prefetch(in _nodes[id]);
        }
    }

    /// <summary>Sees to it that a timer fires at a time or before it; one that is not wanted any more fires once for nothing.</summary>
    internal void Arm(int id, long deadline, long now)
    {
        if (_count == 0)
        {
            _tick = Math.Max(_tick, now >> Shift);
        }

        if (deadline == long.MaxValue)
        {
            return;
        }

        EnsureRoom(id);
        ref var node = ref _nodes[id];
        if (node.IsArmed)
        {
            if (node.Deadline <= deadline)
            {
                return;
            }

            Unlink(id);
        }

        // What lies beyond the wheel fires at its end and is armed again.
        var last = (_tick + Slots - 1) << Shift;
        Link(id, Math.Min(deadline, last));
    }

    internal void Disarm(int id)
    {
        if (id < _nodes.Length && _nodes[id].IsArmed)
        {
            Unlink(id);
        }
    }

    /// <summary>Takes one timer that is due; false when none is.</summary>
    internal bool TryFire(long now, out int id)
    {
        id = None;
        if (_count == 0)
        {
            _tick = Math.Max(_tick, now >> Shift);
            return false;
        }

        if (_next > now)
        {
            return false;
        }

        var last = now >> Shift;
        while (_tick <= last)
        {
            for (var at = _heads[_tick & (Slots - 1)]; at != None; at = _nodes[at].Next)
            {
                if (_nodes[at].Deadline <= now)
                {
                    Unlink(at);
                    id = at;
                    return true;
                }
            }

            var ahead = NextOccupied();
            if (ahead < 0 || _tick == last)
            {
                break;
            }

            _tick = Math.Min(last, Math.Max(_tick + 1, ahead));
        }

        FindNext();
        return false;
    }

    /// <summary>The next tick from now on whose slot holds a timer; -1 when none does.</summary>
    private long NextOccupied()
    {
        var start = (int)(_tick & (Slots - 1));
        for (var i = 0; i <= _occupied.Length; i++)
        {
            var word = ((start >> 6) + i) & (_occupied.Length - 1);
            var bits = _occupied[word];
            bits &= i == 0 ? ulong.MaxValue << (start & 63) : i == _occupied.Length ? ~(ulong.MaxValue << (start & 63)) : ulong.MaxValue;
            if (bits != 0)
            {
                var slot = (word << 6) + BitOperations.TrailingZeroCount(bits);
                return _tick + ((slot - start) & (Slots - 1));
            }
        }

        return -1;
    }

    private static int SlotOf(long deadline) => (int)((deadline >> Shift) & (Slots - 1));

    private void FindNext()
    {
        _next = long.MaxValue;
        var tick = NextOccupied();
        if (tick < 0)
        {
            return;
        }

        for (var at = _heads[tick & (Slots - 1)]; at != None; at = _nodes[at].Next)
        {
            _next = Math.Min(_next, _nodes[at].Deadline);
        }
    }

    private void Link(int id, long deadline)
    {
        // One that is due already lies in the slot that is looked at next.
        deadline = Math.Max(deadline, Math.Max(_tick << Shift, NotArmed + 1));
        var slot = SlotOf(deadline);
        ref var node = ref _nodes[id];
        node.Deadline = deadline;
        node.Older = None;
        node.Next = _heads[slot];
        if (node.Next != None)
        {
            _nodes[node.Next].Older = id;
        }

        _heads[slot] = id;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        _count++;
        _next = _count == 1 ? deadline : Math.Min(_next, deadline);
    }

    private void Unlink(int id)
    {
        ref var node = ref _nodes[id];
        if (node.Older == None)
        {
            var slot = SlotOf(node.Deadline);
            _heads[slot] = node.Next;
            if (node.Next == None)
            {
                _occupied[slot >> 6] &= ~(1UL << (slot & 63));
            }
        }
        else
        {
            _nodes[node.Older].Next = node.Next;
        }

        if (node.Next != None)
        {
            _nodes[node.Next].Older = node.Older;
        }

        node.Deadline = NotArmed;
        _count--;
    }

    private void EnsureRoom(int id)
    {
        if (id >= _nodes.Length)
        {
            Array.Resize(ref _nodes, Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)id + 1)));
        }
    }

    private struct Node
    {
        internal long Deadline;
        internal int Next;
        internal int Older;

        internal readonly bool IsArmed => Deadline != NotArmed;
    }
}
