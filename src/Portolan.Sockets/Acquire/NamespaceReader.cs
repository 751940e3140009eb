using Portolan.Sockets.Acquire.ProcNet;

namespace Portolan.Sockets.Acquire;

/// <summary>Reads all that a query asks for from one network namespace.</summary>
/// <remarks>
/// What a refusal of netlink means is decided per protocol and family. The table under /proc/net exists: it is read, and noted as the
/// source. It does not, and /proc/net/protocols neither names the protocol nor counts a socket of it: this kernel has none, and nothing is
/// missing. Anything else is missing, and said so: a protocol that could not be read is never reported as empty.
/// </remarks>
internal static class NamespaceReader
{
    internal static void Read(ReadContext context)
    {
        foreach (var protocol in InetProtocol.All())
        {
            if (Asks(context.Query, protocol.Kind))
            {
                new InetSocketReader(context, protocol).Read();
            }
        }

        if (Asks(context.Query, SocketProtocol.Mptcp) && Asks(context.Query, SocketProtocol.Tcp))
        {
            MptcpSubflows.Mark(context.Table, context.FirstEntry);
        }

        if (Asks(context.Query, SocketProtocol.Unix))
        {
            ReadUnix(context);
        }

        if (Asks(context.Query, SocketProtocol.Packet) && KernelStates.IsWanted(SocketState.Unconnected, context.Query.States))
        {
            ReadPacket(context);
        }

        context.NameInterfaces();
    }

    private static bool Asks(SocketQuery query, SocketProtocol protocol) => (query.Protocols & (SocketProtocols)(1 << (int)protocol)) != 0;

    private static void ReadUnix(ReadContext context)
    {
        var states = context.Query.States;
        var mask = KernelStates.UnixMask(states);
        if (mask == 0)
        {
            return;
        }

        var decoder = new UnixDiagDecoder(context.Table, context.NamespaceIndex, states);
        var errno = context.Dump(SocketProtocol.Unix, UnixDiagDecoder.Request(mask, context.Query.Memory), decoder);
        if (errno != 0
            && !context.ReadFile(SocketProtocol.Unix, "unix", new ProcNetUnixParser(context.Table, context.NamespaceIndex, states)))
        {
            context.ExplainAbsence(SocketProtocol.Unix, "UNIX", errno);
        }
    }

    private static void ReadPacket(ReadContext context)
    {
        var decoder = new PacketDiagDecoder(context.Table, context.NamespaceIndex, context.Query.Memory);
        var errno = context.Dump(SocketProtocol.Packet, PacketDiagDecoder.Request(), decoder);
        if (errno != 0
            && !context.ReadFile(
                SocketProtocol.Packet, "packet", new ProcNetPacketParser(context.Table, context.NamespaceIndex, context.Query.States)))
        {
            context.ExplainAbsence(SocketProtocol.Packet, "PACKET", errno);
        }
    }
}
