using System.Buffers;
using System.Runtime.InteropServices;

namespace Portolan.Transport;

/// <summary>A piece of the receive buffer as a reader sees it. Its place in the stream is its running index.</summary>
internal sealed class ReadSegment : ReadOnlySequenceSegment<byte>
{
    internal long End => RunningIndex + Memory.Length;

    internal ReadSegment? Following => (ReadSegment?)Next;

    internal void Set(long start, ReadOnlyMemory<byte> memory) => (RunningIndex, Memory, Next) = (start, memory, null);

    /// <summary>Takes bytes that lie right behind its own in the same array.</summary>
    internal bool TryExtend(ReadOnlyMemory<byte> more)
    {
        if (!MemoryMarshal.TryGetArray(Memory, out var mine) || !MemoryMarshal.TryGetArray(more, out var next)
            || mine.Array != next.Array || mine.Offset + mine.Count != next.Offset)
        {
            return false;
        }

        Memory = new ReadOnlyMemory<byte>(mine.Array, mine.Offset, mine.Count + next.Count);
        return true;
    }

    internal void Append(ReadSegment next) => Next = next;
}
