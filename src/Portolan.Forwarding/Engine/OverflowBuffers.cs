using System.Numerics;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// Memory of one worker for bytes that were read and that the other end would not take yet. A direction has some only while it waits,
/// of the size it needs.
/// </summary>
internal sealed class OverflowBuffers
{
    private const int SmallestBits = 9;
    private const int LargestBits = 16;
    private const int MostIdleBytes = 1024 * 1024;

    private readonly Stack<byte[]>[] _idle =
        [.. Enumerable.Range(SmallestBits, LargestBits - SmallestBits + 1).Select(_ => new Stack<byte[]>())];
    private int _idleBytes;

    /// <summary>Gives memory of at least so many bytes, up to 64 KiB.</summary>
    public byte[] Rent(int bytes)
    {
        var bits = BitsFor(bytes);
        if (_idle[bits - SmallestBits].TryPop(out var memory))
        {
            _idleBytes -= memory.Length;
            return memory;
        }

        return new byte[1 << bits];
    }

    /// <summary>Takes it back.</summary>
    public void Return(byte[] memory)
    {
        if (_idleBytes + memory.Length <= MostIdleBytes)
        {
            _idleBytes += memory.Length;
            _idle[BitsFor(memory.Length) - SmallestBits].Push(memory);
        }
    }

    private static int BitsFor(int bytes) => Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(1, bytes - 1)) + 1);
}
