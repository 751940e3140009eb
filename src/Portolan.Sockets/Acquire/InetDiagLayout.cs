using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Sockets.Acquire;

/// <summary><c>struct inet_diag_sockid</c> (linux/inet_diag.h). Ports and addresses in network order.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 48)]
internal struct InetDiagSocketId
{
    internal ushort SourcePort;
    internal ushort DestinationPort;
    internal AddressBytes Source;
    internal AddressBytes Destination;
    internal uint Interface;
    internal uint CookieLow;
    internal uint CookieHigh;
}

/// <summary>Room for an IPv6 address; an IPv4 one is in the first four bytes.</summary>
[InlineArray(16)]
internal struct AddressBytes
{
    private byte _first;
}

/// <summary><c>struct inet_diag_msg</c>: one socket. Host order but for <see cref="Id"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
internal struct InetDiagMessage
{
    internal const int Size = 72;

    internal byte Family;
    internal byte State;
    internal byte Timer;
    internal byte Retransmits;
    internal InetDiagSocketId Id;
    internal uint Expires;
    internal uint ReceiveQueue;
    internal uint SendQueue;
    internal uint UserId;
    internal uint Inode;
}

/// <summary>INET_DIAG_* attribute numbers (linux/inet_diag.h).</summary>
internal static class InetDiagAttribute
{
    internal const ushort Info = 2;
    internal const ushort VegasInfo = 3;
    internal const ushort Congestion = 4;
    internal const ushort SocketMemory = 7;
    internal const ushort DctcpInfo = 9;
    internal const ushort V6Only = 11;
    internal const ushort Mark = 15;
    internal const ushort BbrInfo = 16;
    internal const ushort Md5Keys = 18;
    internal const ushort UlpInfo = 19;
    internal const ushort CgroupId = 21;
}

/// <summary>Address families as the kernel numbers them (linux/socket.h).</summary>
internal static class AddressFamilyNumber
{
    internal const byte Unspecified = 0;
    internal const byte Unix = 1;
    internal const byte IPv4 = 2;
    internal const byte IPv6 = 10;
    internal const byte Packet = 17;
}
