using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Packets.Links;

namespace Portolan.Linux.Tun;

/// <summary>Sends into a TUN device: each frame is one write, for the device takes no batches.</summary>
internal sealed unsafe class TunSender(SocketHandle device, bool hasHeader) : VirtioSender(linkHeaderLength: 0, ushort.MaxValue, FailureOf)
{
    /// <summary>Bytes that the kernel does not want: the header, where the device has none.</summary>
    private readonly int _skipped = hasHeader ? 0 : HeaderLength;

    /// <inheritdoc/>
    protected override int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            // It is not asked for the reason by another call: a device counts what it drops. Where the runtime's own calls have changed the
            // reason, rarely, it is another one.
            return Libc.write_quick((int)device.DangerousGetHandle(), start + _skipped, (nuint)(bytes.Length - _skipped)) < 0
                ? Marshal.GetLastSystemError()
                : 0;
        }
    }

    private static SendFailure FailureOf(int errno) => errno switch
    {
        0 => SendFailure.None,
        Libc.EAGAIN or Errno.NoBufferSpace => SendFailure.Busy,

        // What tun_get_user says of a device that is not up.
        Errno.InputOutput => SendFailure.LinkDown,
        _ => SendFailure.Other,
    };
}
