using System.Runtime.InteropServices;

namespace Portolan.Linux.Packet;

/// <summary>
/// Memory for the batches of several senders, laid out so that the kernel can also read it in place (an AF_XDP area of chunks).
/// </summary>
/// <remarks>Safe for any thread. The memory goes when the area was closed and all that was rented is back.</remarks>
internal sealed unsafe class FrameArea
{
    /// <summary>Senders that find room; a link has seldom more than one for each processor.</summary>
    internal const int Senders = 4;

    /// <summary>The most room that a sender must offer for a frame.</summary>
    private const int LargestSlot = 2048;

    private const int SmallChunk = 2048;
    private const int LargeChunk = 4096;

    private readonly Lock _lock = new();
    private readonly bool[] _isRented;
    private byte* _start;
    private bool _isClosed;

    /// <summary>Makes room.</summary>
    internal FrameArea(int maxFrameLength, int senders)
    {
        SlotLength = Math.Min(maxFrameLength, LargestSlot);
        ChunkSize = SlotLength + FrameSlots.LargestStagger <= SmallChunk ? SmallChunk : LargeChunk;
        _isRented = new bool[senders];
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)Length, LargeChunk);
    }

    /// <summary>Most bytes of a frame.</summary>
    internal int SlotLength { get; }

    /// <summary>Bytes of the part that one frame lies in.</summary>
    internal int ChunkSize { get; }

    /// <summary>Bytes of all.</summary>
    internal int Length => _isRented.Length * FrameSlots.Count * ChunkSize;

    /// <summary>The start of the memory, at a page.</summary>
    internal byte* Start => _start;

    /// <summary>Room for one sender, zeroed; <c>null</c> when all is rented.</summary>
    internal FrameSlots? TryRent()
    {
        lock (_lock)
        {
            var index = Array.IndexOf(_isRented, false);
            if (index < 0 || _isClosed)
            {
                return null;
            }

            _isRented[index] = true;
            var bytes = FrameSlots.Count * ChunkSize;
            NativeMemory.Clear(_start + (index * bytes), (nuint)bytes);
            return new FrameSlots(this, index * FrameSlots.Count);
        }
    }

    /// <summary>Takes a sender's room back.</summary>
    internal void Return(int firstSlot)
    {
        lock (_lock)
        {
            _isRented[firstSlot / FrameSlots.Count] = false;
            FreeWhenUnused();
        }
    }

    /// <summary>Nobody will rent any more.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            FreeWhenUnused();
        }
    }

    private void FreeWhenUnused()
    {
        if (_isClosed && _start != null && Array.IndexOf(_isRented, true) < 0)
        {
            NativeMemory.AlignedFree(_start);
            _start = null;
        }
    }
}
