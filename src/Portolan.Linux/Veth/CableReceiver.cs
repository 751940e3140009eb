using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Packets;

namespace Portolan.Linux.Veth;

/// <summary>Receives the IP packets that the host sends into a cable, and answers who asks for the gateways' Ethernet address.</summary>
internal sealed class CableReceiver(VirtioSocket socket, TimeProvider time)
    : VirtioReceiver(socket.Handle, time, EthernetFrame.MinHeaderLength)
{
    private readonly GatewayAnswers _answers = new(socket);
    private long _dropped;

    /// <inheritdoc/>
    public override long Dropped => Interlocked.Add(ref _dropped, socket.TakeDropped());

    /// <inheritdoc/>
    protected override nint Read(Span<byte> room) => socket.Read(room);

    /// <summary>
    /// IP from the host. What this end sends comes back on kernels that cannot leave it out (PACKET_IGNORE_OUTGOING, Linux 4.20).
    /// </summary>
    protected override bool IsPacket(ReadOnlySpan<byte> frame) =>
        EthernetFrame.TryRead(frame, out var ethernet) && ethernet.HeaderLength == EthernetFrame.MinHeaderLength
            && ethernet.Source != CableLink.FarAddress
        && !_answers.TryAnswer(ethernet) && (ethernet.Type is EtherType.Ipv4 or EtherType.Ipv6);

    /// <summary>The interface went down; without taking the error waiting would end at once for ever.</summary>
    protected override void OnError() => PacketSocket.TakeError(socket.Handle);

    /// <summary>An interface that is down has nothing to read for now.</summary>
    protected override void Check(int errno)
    {
        if (errno is not (Libc.EAGAIN or Libc.EINTR or Errno.NetworkDown))
        {
            throw new LinuxException(errno, "read from the virtual cable");
        }
    }
}
