namespace Portolan.Sockets;

/// <summary>Memory of a socket in bytes, from INET_DIAG_SKMEMINFO (linux/sock_diag.h), and datagrams dropped.</summary>
public readonly record struct SocketMemory(
    uint ReceiveAllocated,
    uint ReceiveBuffer,
    uint SendAllocated,
    uint SendBuffer,
    uint ForwardAllocated,
    uint SendQueued,
    uint OptionMemory,
    uint BacklogLength,
    uint Drops);
