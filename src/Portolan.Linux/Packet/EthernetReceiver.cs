using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>Receives the frames of an <see cref="EthernetLink"/>.</summary>
internal sealed class EthernetReceiver(VirtioSocket socket, TimeProvider time) : VirtioReceiver(socket.Handle, time, linkHeaderLength: 0)
{
    private long _dropped;

    /// <inheritdoc/>
    public override long Dropped => Interlocked.Add(ref _dropped, socket.TakeDropped());

    /// <inheritdoc/>
    protected override nint Read(Span<byte> room) => socket.Read(room);

    /// <summary>The interface went down; without taking the error waiting would end at once for ever.</summary>
    protected override void OnError() => PacketSocket.TakeError(socket.Handle);

    /// <summary>An interface that is down, or gone, has nothing to read.</summary>
    protected override void Check(int errno)
    {
        if (errno is not (Libc.EAGAIN or Libc.EINTR or Errno.NetworkDown or Errno.NoSuchDeviceOrAddress))
        {
            throw new LinuxException(errno, "read from a packet socket");
        }
    }
}
