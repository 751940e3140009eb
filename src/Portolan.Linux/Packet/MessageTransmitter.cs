using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Sends the frames of a batch with one system call (sendmmsg(2)).</summary>
internal sealed unsafe class MessageTransmitter : IDisposable
{
    private readonly FrameSlots _slots;
    private readonly FrameDestination _destination;
    private readonly byte* _addresses;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.MessageHeader* _messages;
    private readonly int[] _descriptors = new int[FrameSlots.Count];

    /// <summary>
    /// Sends what lies in <paramref name="slots"/>, which the caller keeps; the destination's sockets are closed with this.
    /// </summary>
    internal MessageTransmitter(FrameSlots slots, FrameDestination destination)
    {
        _slots = slots;
        _destination = destination;
        _addresses = (byte*)NativeMemory.AllocZeroed(FrameSlots.Count, FrameDestination.AddressRoom);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(FrameSlots.Count, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.MessageHeader*)NativeMemory.AllocZeroed(FrameSlots.Count, (nuint)sizeof(Libc.MessageHeader));
        for (var i = 0; i < FrameSlots.Count; i++)
        {
            _vectors[i].iov_base = slots.Pointer(i);
            _messages[i].msg_iov = _vectors + i;
            _messages[i].msg_iovlen = 1;
        }

        Array.Fill(_descriptors, destination.IsBound ? destination.Choose(default, null, out _) : -1);
    }

    /// <summary>Takes a frame into the batch.</summary>
    internal void Add(int index, int length)
    {
        _vectors[index].iov_len = (nuint)length;
        if (!_destination.IsBound)
        {
            var address = _addresses + (index * FrameDestination.AddressRoom);
            _descriptors[index] = _destination.Choose(_slots[index][..length], address, out var addressLength);
            _messages[index].msg_name = address;
            _messages[index].msg_namelen = addressLength;
        }
    }

    /// <summary>Bytes of a frame that was added.</summary>
    internal int LengthOf(int index) => (int)_vectors[index].iov_len;

    /// <summary>Sends frames from one on; what was before it is counted as sent.</summary>
    internal SendReport Send(int first, int count)
    {
        var sent = first;
        var patience = new SendPatience();
        while (sent < count)
        {
            var end = sent + 1;
            while (end < count && _descriptors[end] == _descriptors[sent])
            {
                end++;
            }

            var taken = Libc.sendmmsg(_descriptors[sent], _messages + sent, (uint)(end - sent), 0);
            if (taken > 0)
            {
                sent += taken;
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted && !patience.WaitAfter(errno))
            {
                return new SendReport(sent, count - sent, _destination.Explain(errno), errno);
            }
        }

        return new SendReport(sent, 0, SendFailure.None, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _destination.Dispose();
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }
}
