using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>A packet socket of one interface.</summary>
/// <param name="socket">A bound packet socket, which is closed with this.</param>
/// <param name="interface">The interface.</param>
/// <param name="withLinkHeader">Whether frames bring their own header; else each is given its EtherType from the version of the IP
/// packet.</param>
internal sealed unsafe class PacketDestination(SocketHandle socket, InterfaceName @interface, bool withLinkHeader) : FrameDestination
{
    private readonly int _descriptor = (int)socket.DangerousGetHandle();

    /// <summary>A send waits so long for room in the socket's buffer, then it is refused as busy.</summary>
    private static TimeSpan SendWait => TimeSpan.FromMilliseconds(50);

    internal override bool IsBound => withLinkHeader;

    /// <summary>Opens a socket that only sends.</summary>
    /// <exception cref="Model.PortolanException">Exit code 4 where privilege is missing.</exception>
    /// <exception cref="LinuxException">The interface is gone.</exception>
    internal static PacketDestination Open(InterfaceName @interface, bool withLinkHeader)
    {
        var socket = PacketSocket.Open(withLinkHeader);
        try
        {
            // Protocol 0: a socket that only sends must not be handed received frames.
            PacketSocket.Bind(socket, @interface.Index, 0);
            PacketSocket.TrySet(socket, Libc.SOL_PACKET, Libc.PACKET_QDISC_BYPASS, 1);
            PacketSocket.SetTimeout(socket, Libc.SO_SNDTIMEO, SendWait);
            return new PacketDestination(socket, @interface, withLinkHeader);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal override int Choose(ReadOnlySpan<byte> frame, byte* address, out uint addressLength)
    {
        if (withLinkHeader)
        {
            addressLength = 0;
            return _descriptor;
        }

        var isIPv6 = !frame.IsEmpty && frame[0] >> 4 == 6;
        *(Libc.sockaddr_ll*)address = PacketSocket.Address(@interface.Index, isIPv6 ? Libc.ETH_P_IPV6 : Libc.ETH_P_IP);
        addressLength = (uint)sizeof(Libc.sockaddr_ll);
        return _descriptor;
    }

    // An interface without carrier drops frames as a full queue does (__dev_direct_xmit, net/core/dev.c).
    internal override SendFailure Explain(int errno) =>
        SendFailures.Of(errno) == SendFailure.Busy && !@interface.IsRunning(socket) ? SendFailure.LinkDown : SendFailures.Of(errno);

    public override void Dispose() => socket.Dispose();
}
