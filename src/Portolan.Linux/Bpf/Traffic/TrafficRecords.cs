using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Linux.Bpf.Traffic;

/// <summary>What one process sent and received through one socket since counting began: a key of the map of calls.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SocketCallKey
{
    /// <summary>The socket's cookie, as sock_diag has it.</summary>
    public ulong Cookie;

    /// <summary>The process (thread group), as the first pid namespace numbers it.</summary>
    public int ProcessId;

    private readonly uint _padding;
}

/// <summary>The value of the map of calls. In the order in which the programs write it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SocketCalls
{
    internal const int Size = 56;
    internal const int BytesInOffset = 0;
    internal const int BytesOutOffset = 8;
    internal const int CallsInOffset = 16;
    internal const int CallsOutOffset = 24;
    internal const int CgroupOffset = 32;
    internal const int CommandOffset = 40;

    /// <summary>Payload bytes that calls received.</summary>
    public ulong BytesIn;

    /// <summary>Payload bytes that calls sent.</summary>
    public ulong BytesOut;

    /// <summary>Calls that received something: of datagram sockets, datagrams.</summary>
    public ulong CallsIn;

    /// <summary>Calls that sent something.</summary>
    public ulong CallsOut;

    /// <summary>The control group (version 2) of the process at its first call.</summary>
    public ulong CgroupId;

    /// <summary>The name of the thread that called first, at most 15 bytes. Hostile.</summary>
    public CommandName Command;

    /// <summary>A thread's name (TASK_COMM_LEN).</summary>
    [InlineArray(16)]
    public struct CommandName
    {
        private byte _first;
    }
}

/// <summary>A socket as the programs saw it. In the order in which they write it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TracedSocket
{
    internal const int Size = 96;
    internal const int FamilyOffset = 0;
    internal const int ProtocolOffset = 2;
    internal const int LocalPortOffset = 4;
    internal const int RemotePortOffset = 6;
    internal const int NamespaceOffset = 8;
    internal const int UserOffset = 12;
    internal const int LocalOffset = 16;
    internal const int RemoteOffset = 32;
    internal const int FlagsOffset = 48;
    internal const int BytesReceivedOffset = 56;
    internal const int BytesSentOffset = 64;
    internal const int BytesRetransmittedOffset = 72;
    internal const int RoundTripOffset = 80;
    internal const int RetransmitsOffset = 84;
    internal const int InterfaceOffset = 88;
    internal const int MptcpOffset = 92;

    /// <summary>AF_INET (2) or AF_INET6 (10).</summary>
    public ushort Family;

    /// <summary>IPPROTO_TCP and so on; MPTCP is 262.</summary>
    public ushort Protocol;

    /// <summary>The local port: in network order of TCP sockets, in host order otherwise. See <see cref="LocalPort"/>.</summary>
    private readonly ushort _localPort;

    private readonly ushort _remotePort;

    /// <summary>Inode number of its network namespace.</summary>
    public uint Namespace;

    /// <summary>The user that owns the socket.</summary>
    public uint UserId;

    /// <summary>The local address; an IPv4 one in the first four bytes.</summary>
    public AddressBytes Local;

    /// <summary>The remote address; all zero where there is none.</summary>
    public AddressBytes Remote;

    /// <summary>What happened to it while counting.</summary>
    public TracedSocketFlags Flags;

    /// <summary>tcp_sock.bytes_received at the end; counts a FIN as a byte.</summary>
    public ulong BytesReceived;

    /// <summary>tcp_sock.bytes_sent at the end.</summary>
    public ulong BytesSent;

    /// <summary>tcp_sock.bytes_retrans at the end.</summary>
    public ulong BytesRetransmitted;

    /// <summary>tcp_sock.srtt_us at the end: eight times the smoothed round trip, in microseconds.</summary>
    public uint EightfoldRoundTrip;

    /// <summary>tcp_sock.total_retrans at the end.</summary>
    public uint Retransmits;

    /// <summary>The interface that its last segment arrived on; 0 where that is not known.</summary>
    public uint Interface;

    private readonly uint _mptcp;

    /// <summary>The local port in host byte order.</summary>
    public readonly ushort LocalPort => Protocol == 6 ? Swap(_localPort) : _localPort;

    /// <summary>The remote port, or 0.</summary>
    public readonly ushort RemotePort => Swap(_remotePort);

    /// <summary>Whether it is a subflow of an MPTCP connection.</summary>
    public readonly bool IsMptcpSubflow => _mptcp != 0;

    private static ushort Swap(ushort value) =>
        BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) : value;

    /// <summary>Room for an IPv6 address.</summary>
    [InlineArray(16)]
    public struct AddressBytes
    {
        private byte _first;
    }
}

/// <summary>What happened to a socket while counting.</summary>
[Flags]
public enum TracedSocketFlags : ulong
{
    /// <summary>Nothing that the programs saw.</summary>
    None = 0,

    /// <summary>It connected to a peer.</summary>
    Connected = 1,

    /// <summary>A peer connected to it.</summary>
    Accepted = 2,

    /// <summary>It was closed: its figures are final.</summary>
    Closed = 4,

    /// <summary>Its peer had sent a FIN.</summary>
    Finished = 8,
}
