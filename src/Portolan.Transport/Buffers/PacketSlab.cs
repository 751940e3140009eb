namespace Portolan.Transport.Buffers;

/// <summary>
/// Buffers of one length, each made when it is first lent. Its generations outlive its memory, so that old handles stay dead.
/// </summary>
internal sealed class PacketSlab(int index)
{
    private byte[]?[] _buffers = [];
    private uint[] _generations = [];
    private ushort[] _free = [];

    internal int Index { get; } = index;

    internal int BufferLength { get; private set; }

    internal int Capacity { get; private set; }

    internal int FreeCount { get; private set; }

    internal bool HasMemory => Capacity > 0;

    internal bool IsUnused => FreeCount == Capacity;

    /// <summary>Bytes of all its buffers, made or not.</summary>
    internal long Size => (long)BufferLength * Capacity;

    internal void Allocate(int bufferLength, int capacity)
    {
        _buffers = new byte[capacity][];
        BufferLength = bufferLength;
        Capacity = capacity;
        FreeCount = capacity;
        if (_generations.Length < capacity)
        {
            Array.Resize(ref _generations, capacity);
        }

        if (_free.Length < capacity)
        {
            _free = new ushort[capacity];
        }

        for (var i = 0; i < capacity; i++)
        {
            // The lowest slot first.
            _free[i] = (ushort)(capacity - 1 - i);
        }
    }

    internal void Release()
    {
        _buffers = [];
        Capacity = 0;
        FreeCount = 0;
    }

    internal PacketHandle Rent()
    {
        var slot = _free[--FreeCount];
        _buffers[slot] ??= new byte[BufferLength];
        return new PacketHandle(((uint)Index << 16) | slot, ++_generations[slot]);
    }

    internal void Return(int slot)
    {
        _generations[slot]++;
        _free[FreeCount++] = (ushort)slot;
    }

    internal bool Holds(PacketHandle handle) =>
        handle.Slot < Capacity && _generations[handle.Slot] == handle.Generation && (handle.Generation & 1) != 0;

    /// <summary>The place has no bytes any more.</summary>
    internal void Forget(int slot) => _buffers[slot] = null;

    internal Memory<byte> Buffer(int slot) => _buffers[slot];

    internal Span<byte> Bytes(int slot) => _buffers[slot];
}
