using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>A batch of frames for a <see cref="FaultLink"/>.</summary>
internal sealed class FaultSender(FaultLink owner) : IFrameSender
{
    private const int Slots = 64;

    private readonly byte[]?[] _slots = new byte[]?[Slots];
    private readonly int[] _lengths = new int[Slots];
    private int _count;

    public Span<byte> Reserve() => _count == Slots || !owner.HasRoom() ? default : _slots[_count] ??= new byte[owner.MaxFrameLength];

    public void Commit(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, owner.MaxFrameLength);
        _lengths[_count++] = length;
    }

    public SendReport Flush()
    {
        var count = _count;
        _count = 0;
        for (var i = 0; i < count; i++)
        {
            owner.Take(_slots[i].AsSpan(0, _lengths[i]));
        }

        // Of earlier batches too: frames meet the link under this one when their time has come.
        return owner.TakeRefusals() with { Sent = count };
    }

    public void Dispose()
    {
    }
}
