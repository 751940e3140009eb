using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>A packet socket of one interface.</summary>
/// <param name="socket">A bound packet socket, which is closed with this.</param>
/// <param name="interfaceIndex">The interface.</param>
/// <param name="withLinkHeader">Whether frames bring their own header; else each is given its EtherType from the version of the IP packet.</param>
internal sealed unsafe class PacketDestination(SocketHandle socket, int interfaceIndex, bool withLinkHeader) : FrameDestination
{
    private readonly int _descriptor = (int)socket.DangerousGetHandle();

    internal override bool IsBound => withLinkHeader;

    internal override int Choose(ReadOnlySpan<byte> frame, byte* address, out uint addressLength)
    {
        if (withLinkHeader)
        {
            addressLength = 0;
            return _descriptor;
        }

        var isIPv6 = !frame.IsEmpty && frame[0] >> 4 == 6;
        *(Libc.sockaddr_ll*)address = PacketSocket.Address(interfaceIndex, isIPv6 ? Libc.ETH_P_IPV6 : Libc.ETH_P_IP);
        addressLength = (uint)sizeof(Libc.sockaddr_ll);
        return _descriptor;
    }

    public override void Dispose() => socket.Dispose();
}
