using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;

namespace Portolan.Linux.Tun;

/// <summary>Receives what the host sends into a TUN device, one read for each frame.</summary>
internal sealed unsafe class TunReceiver : VirtioReceiver
{
    private readonly SocketHandle _device;

    /// <summary>Bytes of the room that the kernel does not fill: the header, where the device has none.</summary>
    private readonly int _skipped;

    internal TunReceiver(SocketHandle device, bool hasHeader, TimeProvider time)
        : base(device, time, linkHeaderLength: 0) => (_device, _skipped) = (device, hasHeader ? 0 : HeaderLength);

    /// <summary>Always 0: what the device's queue could not take, the interface counts.</summary>
    public override long Dropped => 0;

    /// <inheritdoc/>
    protected override nint Read(Span<byte> room)
    {
        room[.._skipped].Clear();
        fixed (byte* start = room)
        {
            var length = Libc.read_quick((int)_device.DangerousGetHandle(), start + _skipped, (nuint)(room.Length - _skipped));
            if (length >= 0)
            {
                return length + _skipped;
            }

            // Nearly always there is nothing to read. Any other reason may not be that of the call, and is asked for again.
            if (Marshal.GetLastSystemError() == Libc.EAGAIN)
            {
                Marshal.SetLastPInvokeError(Libc.EAGAIN);
                return length;
            }

            length = Libc.read((int)_device.DangerousGetHandle(), start + _skipped, (nuint)(room.Length - _skipped));
            return length < 0 ? length : length + _skipped;
        }
    }

    /// <inheritdoc/>
    protected override void Check(int errno)
    {
        // An interface that is down has nothing to read; one that was deleted never will.
        if (errno is not (Libc.EAGAIN or Libc.EINTR or Errno.InputOutput))
        {
            throw new LinuxException(errno, "read from the TUN device");
        }
    }
}
