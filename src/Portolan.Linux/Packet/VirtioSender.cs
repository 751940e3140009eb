using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// Sends packets that the kernel takes one by one, each behind the header of virtio, which says what checksum is still to be completed and
/// how a super-segment is cut. Small ones wait until there are several, or for <see cref="Flush"/>.
/// </summary>
/// <remarks>
/// Where the other end is this host, its TCP takes the segment within the call that sends it, and answers. That code and the stack's push
/// each other out of the processor's caches when they take turns at every frame; several in a row cost less (docs/transport.md).
/// </remarks>
internal abstract class VirtioSender : IOffloadSender
{
    /// <summary>Frames sent in a row.</summary>
    private const int Round = VirtioReceiver.Round;

    /// <summary>The most bytes of a frame that waits for others. A longer one is work enough by itself.</summary>
    private const int LongestInRound = VirtioReceiver.LongestInRound;

    /// <summary>Bytes of <c>struct virtio_net_hdr</c>.</summary>
    protected const int HeaderLength = VirtioReceiver.HeaderLength;

    private readonly Func<int, SendFailure> _failureOf;
    private readonly int _linkHeaderLength;
    private readonly int _longest;
    private readonly int _slotLength;
    private readonly byte[] _slots;
    private readonly int[] _lengths = new int[Round];
    private int _count;
    private SendTally _tally;

    /// <summary>Prepares it.</summary>
    /// <param name="linkHeaderLength">Bytes between the header of virtio and what <see cref="Reserve"/> gives, which <see cref="Complete"/>
    /// fills.</param>
    /// <param name="longest">The most bytes of a frame, without those.</param>
    /// <param name="failureOf">What an error number of <see cref="Send"/> means.</param>
    protected VirtioSender(int linkHeaderLength, int longest, Func<int, SendFailure> failureOf)
    {
        (_linkHeaderLength, _longest, _failureOf) = (linkHeaderLength, longest, failureOf);

        // No power of two: the starts of such slots would share few lines of the cache.
        _slotLength = HeaderLength + linkHeaderLength + LongestInRound + 64;
        _slots = GC.AllocateArray<byte>((Round * _slotLength) + HeaderLength + linkHeaderLength + longest, pinned: true);
    }

    /// <inheritdoc/>
    public Span<byte> Reserve() => _slots.AsSpan((_count * _slotLength) + HeaderLength + _linkHeaderLength, _longest);

    /// <inheritdoc/>
    public void Commit(int length) => Add(length, default);

    /// <inheritdoc/>
    public void Commit(int length, in FrameOffload offload) => Add(length, VirtioHeader.Of(Reserve(), offload, _linkHeaderLength));

    /// <inheritdoc/>
    public SendReport Flush()
    {
        SendAll();
        return _tally.Take(_failureOf);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What is sent into belongs to the link.
    }

    /// <summary>Fills what is between the header of virtio and the packet.</summary>
    protected virtual void Complete(Span<byte> frame)
    {
    }

    /// <summary>Sends one frame behind its header.</summary>
    /// <returns>0, or the error number.</returns>
    protected abstract int Send(ReadOnlySpan<byte> bytes);

    private void Add(int length, Libc.virtio_net_hdr header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_longest, nameof(length));
        var slot = _slots.AsSpan(_count * _slotLength, HeaderLength + _linkHeaderLength + length);
        MemoryMarshal.Write(slot, header);
        Complete(slot[HeaderLength..]);
        _lengths[_count++] = slot.Length;
        if (length > LongestInRound || _count == Round)
        {
            SendAll();
        }
    }

    private void SendAll()
    {
        for (var index = 0; index < _count; index++)
        {
            _tally.Add(Send(_slots.AsSpan(index * _slotLength, _lengths[index])));
        }

        _count = 0;
    }
}
