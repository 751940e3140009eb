using System.Numerics;
using Portolan.Transport.Buffers;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Buffers;

/// <summary>
/// The memory of all buffers of a layer: chunks of a packet pool up to a limit, and the small arrays that keep order in them. Arrays go
/// back and forth, so that idle connections hold none and busy ones allocate none.
/// </summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="pool">Where the bytes come from.</param>
/// <param name="limit">The most bytes of chunks that all connections hold together.</param>
internal sealed class TcpMemory(PacketPool pool, long limit)
{
    private const int SmallChunk = 256;
    private const int PlainChunk = 2048;
    private const int LargeChunk = 65_536;

    /// <summary>With all memory left a buffer may hold a quarter of it.</summary>
    private const int Sharers = 4;

    private readonly ArrayStore<Chunk> _chunks = new();
    private readonly ArrayStore<SentSegment> _segments = new();
    private readonly Stack<OutOfOrderQueue> _outOfOrder = new();

    /// <summary>Bytes of the chunks that are out.</summary>
    internal long Used { get; private set; }

    /// <summary>The most that <see cref="Used"/> may be.</summary>
    internal long Limit { get; } = limit;

    /// <summary>Whether little is left, so that windows had better not grow.</summary>
    internal bool IsShort => Used > Limit / 4 * 3;

    internal ArrayStore<Chunk> ChunkArrays => _chunks;

    internal ArrayStore<SentSegment> SegmentArrays => _segments;

    /// <summary>What chunk suits a buffer that holds some bytes and gets more.</summary>
    internal int ChunkFor(int wanted, int held) => wanted <= SmallChunk && held < SmallChunk
        ? SmallChunk
        : wanted + held <= 4 * PlainChunk || IsShort ? PlainChunk : LargeChunk;

    /// <summary>
    /// Takes a chunk; of the wanted size, or a smaller one when there is none. The less is left, the less may a buffer hold that gets more:
    /// whoever fills buffers and empties none shares with others of the kind, and something is left for who does (as dynamic thresholds,
    /// Choudhury and Hahne, 1998, but with the square of what is left, for buffers here may stay full for ever).
    /// </summary>
    /// <param name="size">Bytes wanted.</param>
    /// <param name="held">Bytes that the buffer holds.</param>
    /// <param name="handle">The chunk.</param>
    internal bool TryRent(int size, int held, out PacketHandle handle)
    {
        var left = (double)(Limit - Used);
        if (held > left / Limit * left / Sharers)
        {
            handle = default;
            return false;
        }

        while (true)
        {
            if (Used + size <= Limit && size <= pool.LargestBuffer && pool.TryRent(size, out handle))
            {
                Used += pool.Bytes(handle).Length;
                return true;
            }

            if (size <= SmallChunk)
            {
                handle = default;
                return false;
            }

            size = size > PlainChunk ? PlainChunk : SmallChunk;
        }
    }

    internal void Return(PacketHandle handle)
    {
        Used -= pool.Bytes(handle).Length;
        pool.Return(handle);
    }

    /// <summary>Leaves the bytes of a chunk to the reader that looks at them; the chunk counts no more.</summary>
    internal void Detach(PacketHandle handle)
    {
        Used -= pool.Bytes(handle).Length;
        pool.Detach(handle);
    }

    internal Span<byte> Bytes(PacketHandle handle) => pool.Bytes(handle);

    internal Memory<byte> Buffer(PacketHandle handle) => pool.Buffer(handle);

    internal OutOfOrderQueue RentOutOfOrder() => _outOfOrder.TryPop(out var queue) ? queue : new OutOfOrderQueue(this);

    internal void Return(OutOfOrderQueue queue) => _outOfOrder.Push(queue);
}

/// <summary>Arrays of powers of two that go back and forth.</summary>
/// <typeparam name="T">What they hold: no references.</typeparam>
internal sealed class ArrayStore<T>
    where T : unmanaged
{
    private const int MaxKept = 1024;

    private readonly Stack<T[]>[] _bySize = [.. Enumerable.Range(0, 32).Select(static _ => new Stack<T[]>())];

    internal T[] Rent(int length)
    {
        var size = BitOperations.Log2((uint)length - 1) + 1;
        return _bySize[size].TryPop(out var array) ? array : new T[1 << size];
    }

    internal void Return(T[] array)
    {
        var store = _bySize[BitOperations.Log2((uint)array.Length)];
        if (store.Count < MaxKept)
        {
            store.Push(array);
        }
    }
}
