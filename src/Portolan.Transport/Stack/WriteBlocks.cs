using System.Collections.Concurrent;
using Portolan.Transport.Buffers;

namespace Portolan.Transport;

/// <summary>
/// Blocks that writers fill before the stack takes them. They go back and forth; a writer is never refused one, but made to wait when many
/// are out.
/// </summary>
/// <remarks>Any threads.</remarks>
/// <param name="limit">Bytes that may be out before writers wait for their own to be taken.</param>
internal sealed class WriteBlocks(long limit)
{
    internal const int BlockLength = 4096;
    private const int MaxKept = 2048;

    private readonly ConcurrentQueue<WriteBlock> _unused = new();
    private long _used;
    private int _kept;

    internal long Used => Interlocked.Read(ref _used);

    internal bool IsShort => Used > limit;

    internal WriteBlock Rent(int length)
    {
        if (length > BlockLength || !_unused.TryDequeue(out var block))
        {
            block = new WriteBlock(new byte[Math.Max(length, BlockLength)]);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }

        Interlocked.Add(ref _used, block.Bytes.Length);
        return block;
    }

    /// <summary>Gives a block up that a program may still write into: it is not reused.</summary>
    internal void Abandon(WriteBlock block) => Interlocked.Add(ref _used, -block.Bytes.Length);

    internal void Return(WriteBlock block)
    {
        Abandon(block);
        if (FreedMemory.IsPoisoned)
        {
            block.Bytes.AsSpan().Fill(FreedMemory.Poison);
        }

        if (block.Bytes.Length != BlockLength)
        {
            return;
        }

        if (Interlocked.Increment(ref _kept) > MaxKept)
        {
            Interlocked.Decrement(ref _kept);
        }
        else
        {
            (block.Taken, block.Committed, block.Filled, block.Next) = (0, 0, 0, null);
            _unused.Enqueue(block);
        }
    }
}

/// <summary>A block of a writer: taken by the stack up to a place, committed up to the next, filled up to the last.</summary>
internal sealed class WriteBlock(byte[] bytes)
{
    internal byte[] Bytes => bytes;

    internal int Taken { get; set; }

    internal int Committed { get; set; }

    internal int Filled { get; set; }

    internal WriteBlock? Next { get; set; }
}
