namespace Portolan.Sockets;

/// <summary>What only a Unix domain socket has.</summary>
/// <param name="Path">File path, or <c>@name</c> for an abstract name; <c>null</c> when unbound. Hostile text.</param>
/// <param name="PeerInode">Inode of the connected peer, 0 for none.</param>
/// <param name="Type">SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5.</param>
public readonly record struct UnixDetails(string? Path, uint PeerInode, byte Type);
