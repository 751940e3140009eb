using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>
/// Sends the frames of a batch through an AF_XDP socket in copy mode: the kernel walks a ring of descriptors itself and copies each frame
/// where it lies. No BPF program is involved, for nothing is received this way.
/// </summary>
/// <remarks>
/// Measured over veth, processor time of a SYN that the other end drops: sendmmsg 1270 ns, PACKET_TX_RING 1400 ns, this 810 ns.
/// A batch is through the ring when <see cref="TrySend"/> returns, so slots can be written again at once.
/// </remarks>
internal sealed unsafe class XdpTransmitter : IDisposable
{
    /// <summary>A kernel that stops after 32 frames needs two calls for a batch, and may not say how far it came.</summary>
    private const int KicksWithoutWait = 4;

    private readonly XdpQueue _queue;
    private readonly FrameSlots _slots;
    private readonly SocketHandle _socket;
    private readonly XdpRing _frames;
    private readonly bool _ownsSocket;
    private uint _produced;

    /// <summary>Made by <see cref="XdpQueue.TryJoin"/>.</summary>
    internal XdpTransmitter(XdpQueue queue, FrameSlots slots, SocketHandle socket, XdpRing frames, bool ownsSocket)
    {
        _queue = queue;
        _slots = slots;
        _socket = socket;
        _frames = frames;
        _ownsSocket = ownsSocket;
    }

    /// <summary>Sends frames of the slots, from the first on.</summary>
    /// <returns>How many left for certain; fewer than all means that this way is at its end and another must try the rest.</returns>
    internal int TrySend(MessageTransmitter batch, int count)
    {
        var start = _produced;
        for (var i = 0; i < count; i++)
        {
            _frames.Descriptor((_produced + (uint)i) % FrameSlots.Count) = new Libc.xdp_desc
            {
                addr = (ulong)_slots.OffsetOf(i),
                len = (uint)batch.LengthOf(i),
            };
        }

        _produced += (uint)count;
        _frames.Producer = _produced;
        var patience = new SendPatience();
        var kicks = 0;
        while (true)
        {
            var errno = Libc.sendto(_socket, null, 0, Libc.MSG_DONTWAIT, null, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();
            _queue.DiscardCompletions();
            var sent = (int)(_frames.Consumer - start);
            if (sent == count && errno != Errno.Busy)
            {
                return count;
            }

            // Busy: the last frame that was taken was dropped, for the interface has no carrier.
            if (errno is not (Errno.Again or Errno.Interrupted) || (++kicks > KicksWithoutWait && !patience.WaitAfter(Errno.Again)))
            {
                return Math.Max(0, errno == Errno.Busy ? sent - 1 : sent);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frames.Dispose();
        if (_ownsSocket)
        {
            _socket.Dispose();
        }

        _queue.Leave();
    }
}
