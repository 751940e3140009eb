using Portolan.Sockets.Acquire.ProcNet;

namespace Portolan.Sockets.Acquire;

/// <summary>Reads one internet protocol: by netlink, or else from its table under /proc/net.</summary>
internal sealed class InetSocketReader(ReadContext context, InetProtocol protocol)
{
    private readonly SocketQuery _query = context.Query;
    private readonly uint _states = KernelStates.Wanted(context.Query);
    private bool _isSctpFileRead;

    /// <summary>Reads the families that are asked for.</summary>
    internal void Read()
    {
        var mask = protocol.HasConnectionStates ? KernelStates.ConnectionMask(_query) : KernelStates.DatagramMask(_query.States);
        if (mask == 0)
        {
            return;
        }

        if (protocol.Kind == SocketProtocol.Tcp && _query.IPv4 && _query.IPv6)
        {
            // Two requests by family would walk the whole hash twice; the old request walks it once.
            var request = InetDiagRequest.TcpOfBothFamilies(mask, Extensions(), _query.Bytecode.Span);
            if (context.Dump(protocol.Kind, request, NewDecoder()) == 0)
            {
                return;
            }
        }

        if (_query.IPv4)
        {
            ReadFamily(isIPv6: false, mask);
        }

        if (_query.IPv6)
        {
            ReadFamily(isIPv6: true, mask);
        }
    }

    private InetDiagDecoder NewDecoder() => new(context.Table, protocol.Kind, context.NamespaceIndex, _states);

    private void ReadFamily(bool isIPv6, uint mask)
    {
        var family = isIPv6 ? AddressFamilyNumber.IPv6 : AddressFamilyNumber.IPv4;
        var errno = context.Dump(protocol.Kind, InetDiagRequest.OfFamily(family, protocol.Number, mask, Extensions(), _query.Bytecode.Span), NewDecoder());
        if (errno == 0)
        {
            return;
        }

        if (protocol.Kind == SocketProtocol.Sctp ? ReadSctpFiles() : ReadTable(isIPv6))
        {
            SayWhatFilesLack();
        }
        else
        {
            context.ExplainAbsence(protocol.Kind, isIPv6 ? protocol.KernelNameIPv6 : protocol.KernelName, errno);
        }
    }

    private bool ReadTable(bool isIPv6) => protocol.File is { } file
        && context.ReadFile(protocol.Kind, isIPv6 ? file + "6" : file, new ProcNetInetParser(context.Table, protocol, context.NamespaceIndex, _states));

    /// <summary>One pair of files holds both families.</summary>
    private bool ReadSctpFiles()
    {
        return _isSctpFileRead = _isSctpFileRead
            || (context.ReadFile(protocol.Kind, "sctp/eps", new ProcNetSctpParser(context.Table, context.NamespaceIndex, _query, associations: false))
                & context.ReadFile(protocol.Kind, "sctp/assocs", new ProcNetSctpParser(context.Table, context.NamespaceIndex, _query, associations: true)));
    }

    private void SayWhatFilesLack()
    {
        if (protocol.Kind != SocketProtocol.Tcp)
        {
            return;
        }

        const string Why = "netlink is refused here, and /proc/net does not have them";
        if (_query.Bound)
        {
            context.AddMissing("tcp sockets that are bound but idle", Why);
        }

        if (_query.TcpDetails)
        {
            context.AddMissing("byte counts and round-trip times of tcp sockets", Why);
        }
    }

    private byte Extensions()
    {
        var extensions = 0;
        if (_query.TcpDetails && protocol.Kind is SocketProtocol.Tcp or SocketProtocol.Mptcp)
        {
            extensions |= Bit(InetDiagAttribute.Info) | Bit(InetDiagAttribute.Congestion);
        }

        if (_query.Memory)
        {
            extensions |= Bit(InetDiagAttribute.SocketMemory);
        }

        return (byte)extensions;

        static int Bit(ushort attribute) => 1 << (attribute - 1);
    }
}
