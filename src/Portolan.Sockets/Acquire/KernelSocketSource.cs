using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>The sockets of this machine, from the kernel: netlink first, /proc/net where that does not know a protocol.</summary>
public sealed class KernelSocketSource : ISocketSource
{
    /// <inheritdoc/>
    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
    {
        var table = new SocketTable();
        using var channel = NetlinkSocket.Open(NetlinkFamily.SocketDiagnostics);
        var dump = new NetlinkDump(channel);
        var bytecode = query.Bytecode.Span;
        if ((query.Protocols & SocketProtocols.Tcp) != 0)
        {
            var decoder = new InetDiagDecoder(table, SocketProtocol.Tcp, 0);
            dump.Run(InetDiagRequest.TcpOfBothFamilies(KernelStates.ConnectionMask(query), 0, bytecode), decoder);
        }

        if ((query.Protocols & SocketProtocols.Udp) != 0)
        {
            var decoder = new InetDiagDecoder(table, SocketProtocol.Udp, 0);
            dump.Run(InetDiagRequest.OfFamily(AddressFamilyNumber.IPv4, 17, KernelStates.DatagramMask(query.States), 0, bytecode), decoder);
            dump.Run(InetDiagRequest.OfFamily(AddressFamilyNumber.IPv6, 17, KernelStates.DatagramMask(query.States), 0, bytecode), decoder);
        }

        return new SocketSnapshot
        {
            Sockets = table,
            Namespaces = [new NetworkNamespace(0, null, 0, IsOwn: true)],
            Sources = [new SocketSourceNote(query.Protocols, "netlink")],
            Missing = [],
        };
    }
}
