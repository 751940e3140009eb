using Portolan.Sockets.Acquire.ProcNet;

namespace Portolan.Sockets.Acquire;

/// <summary>Reads one internet protocol: by netlink, or else from its table under /proc/net.</summary>
internal sealed class InetSocketReader(ReadContext context, InetProtocol protocol)
{
    private delegate byte[] NewRequest(ReadOnlySpan<byte> bytecode);

    /// <summary>TCP_BOUND_INACTIVE came with Linux 6.8; older kernels pass over its bit.</summary>
    private static Version FirstWithBound => new(6, 8);

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

        if (protocol.Kind == SocketProtocol.Tcp && _query.Bound && context.KernelVersion < FirstWithBound)
        {
            context.AddMissing(
                MissingFactCode.IdleSockets, protocol.Kind, "tcp sockets that are bound but idle",
                $"Linux {context.KernelVersion.ToString(2)} cannot list them; {FirstWithBound} and later can");
        }

        if (protocol.Kind == SocketProtocol.Tcp && _query.IPv4 && _query.IPv6)
        {
            // Two requests by family would walk the whole hash twice; the old request walks it once. 100,000 sockets: 77 ms of processor
            // time, not 84.
            if (Dump(bytecode => InetDiagRequest.TcpOfBothFamilies(mask, Extensions(), bytecode)) == 0)
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

    /// <summary>Asks with the query's program, and without where the kernel does not take it: the caller filters again anyway.</summary>
    private int Dump(NewRequest request)
    {
        var errno = context.Dump(protocol.Kind, request(_query.Bytecode.Span), NewDecoder());
        return errno != 0 && !_query.Bytecode.IsEmpty ? context.Dump(protocol.Kind, request([]), NewDecoder()) : errno;
    }

    private InetDiagDecoder NewDecoder() => new(context.Table, protocol.Kind, context.NamespaceIndex, _states, _query.WholeTcpInfo);

    private void ReadFamily(bool isIPv6, uint mask)
    {
        var family = isIPv6 ? AddressFamilyNumber.IPv6 : AddressFamilyNumber.IPv4;
        var errno = Dump(bytecode => InetDiagRequest.OfFamily(family, protocol.Number, mask, Extensions(), bytecode));
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
        && context.ReadFile(
            protocol.Kind, isIPv6 ? file + "6" : file, new ProcNetInetParser(context.Table, protocol, context.NamespaceIndex, _states));

    /// <summary>One pair of files holds both families.</summary>
    private bool ReadSctpFiles()
    {
        return _isSctpFileRead = _isSctpFileRead
            || (context.ReadFile(
                protocol.Kind, "sctp/eps", new ProcNetSctpParser(context.Table, context.NamespaceIndex, _query, associations: false))
                & context.ReadFile(
                    protocol.Kind, "sctp/assocs",
                    new ProcNetSctpParser(context.Table, context.NamespaceIndex, _query, associations: true)));
    }

    private void SayWhatFilesLack()
    {
        if (protocol.Kind != SocketProtocol.Tcp)
        {
            return;
        }

        const string Why = "netlink is refused here, and /proc/net does not list them";
        if (_query.Bound)
        {
            context.AddMissing(MissingFactCode.IdleSockets, protocol.Kind, "tcp sockets that are bound but idle", Why);
        }

        if (KernelStates.IsWanted(SocketState.Listen, _query.States))
        {
            context.AddMissing(
                MissingFactCode.ListenerDetails, protocol.Kind,
                "the backlogs of tcp listeners, and whether those on :: also accept IPv4", Why);
        }

        if (_query.TcpDetails)
        {
            context.AddMissing(MissingFactCode.TcpCounters, protocol.Kind, "byte counts and round-trip times of tcp sockets", Why);
        }
    }

    private byte Extensions()
    {
        var extensions = 0;
        if (_query.TcpDetails && protocol.Kind is SocketProtocol.Tcp or SocketProtocol.Mptcp)
        {
            extensions |= Bit(InetDiagAttribute.Info) | Bit(InetDiagAttribute.Congestion);
        }

        if (_query.WholeTcpInfo)
        {
            // For DCTCP and BBR too, whose attributes have no bit (tcp_dctcp.c, tcp_bbr.c: get_info).
            extensions |= Bit(InetDiagAttribute.VegasInfo);
        }

        if (_query.Memory)
        {
            extensions |= Bit(InetDiagAttribute.SocketMemory);
        }

        return (byte)extensions;

        static int Bit(ushort attribute) => 1 << (attribute - 1);
    }
}
