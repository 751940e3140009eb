using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>A batch of frames for a fabric in memory.</summary>
internal sealed class MemorySender(MemoryLink owner, IMemoryFabric fabric) : IFrameSender
{
    private const int Slots = 64;

    private readonly byte[]?[] _slots = new byte[]?[Slots];
    private readonly int[] _lengths = new int[Slots];
    private int _count;
    private int _free;

    public Span<byte> Reserve()
    {
        if (_count == Slots)
        {
            return default;
        }

        if (_count >= _free)
        {
            _free = fabric.FreeFor(owner);
        }

        return _count >= _free ? default : _slots[_count] ??= new byte[owner.MaxFrameLength];
    }

    public void Commit(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, owner.MaxFrameLength);
        _lengths[_count++] = length;
    }

    public SendReport Flush()
    {
        var (count, timestamp) = (_count, owner.Options.Time.GetTimestamp());
        (_count, _free) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            fabric.Carry(owner, _slots[i].AsSpan(0, _lengths[i]), timestamp);
        }

        return new SendReport(count, 0, SendFailure.None, 0);
    }

    public void Dispose()
    {
    }
}
