using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>Writes dump requests for internet sockets: <c>inet_diag_req</c> and <c>inet_diag_req_v2</c> (linux/inet_diag.h).</summary>
internal static class InetDiagRequest
{
    /// <summary>SOCK_DIAG_BY_FAMILY (linux/sock_diag.h).</summary>
    internal const ushort SocketDiagnosticsByFamily = 20;

    /// <summary>TCPDIAG_GETSOCK: the old request, the only one that walks the TCP tables once for both families.</summary>
    internal const ushort TcpDiagnosticsGetSocket = 18;

    private const int LegacySize = 60;
    private const int ModernSize = 56;
    private const int AttributeHeaderSize = 4;
    private const ushort BytecodeAttribute = 1;
    private const ushort ProtocolAttribute = 3;

    /// <summary>One walk over all TCP sockets, IPv4 and IPv6.</summary>
    internal static byte[] TcpOfBothFamilies(uint kernelStates, byte extensions, ReadOnlySpan<byte> bytecode)
    {
        var request = New(TcpDiagnosticsGetSocket, LegacySize, bytecode, protocolAttribute: false);
        var body = request.AsSpan(NetlinkHeader.Size);
        body[3] = extensions;
        MemoryMarshal.Write(body[52..], kernelStates);
        WriteBytecode(body[LegacySize..], bytecode);
        return request;
    }

    /// <summary>The sockets of one family and IP protocol number.</summary>
    internal static byte[] OfFamily(byte family, int protocol, uint kernelStates, byte extensions, ReadOnlySpan<byte> bytecode)
    {
        // Numbers above 255 (MPTCP is 262) do not fit the byte and go into an attribute (INET_DIAG_REQ_PROTOCOL, Linux 5.9). The byte
        // is then 0, which no handler serves: an older kernel, blind to the attribute, refuses rather than lists something else.
        var isWide = protocol > byte.MaxValue;
        var request = New(SocketDiagnosticsByFamily, ModernSize, bytecode, isWide);
        var body = request.AsSpan(NetlinkHeader.Size);
        body[0] = family;
        body[1] = isWide ? (byte)0 : (byte)protocol;
        body[2] = extensions;
        MemoryMarshal.Write(body[4..], kernelStates);
        var rest = body[ModernSize..];
        if (isWide)
        {
            WriteAttributeHeader(rest, ProtocolAttribute, sizeof(int));
            MemoryMarshal.Write(rest[AttributeHeaderSize..], protocol);
            rest = rest[(AttributeHeaderSize + sizeof(int))..];
        }

        WriteBytecode(rest, bytecode);
        return request;
    }

    private static byte[] New(ushort type, int bodySize, ReadOnlySpan<byte> bytecode, bool protocolAttribute)
    {
        var length = NetlinkHeader.Size + bodySize
            + (protocolAttribute ? AttributeHeaderSize + sizeof(int) : 0)
            + (bytecode.IsEmpty ? 0 : AttributeHeaderSize + bytecode.Length);
        var request = new byte[length];
        MemoryMarshal.Write(request, new NetlinkHeader
        {
            Length = (uint)length,
            Type = type,
            Flags = NetlinkFlags.Request | NetlinkFlags.Dump,
        });
        return request;
    }

    private static void WriteBytecode(Span<byte> destination, ReadOnlySpan<byte> bytecode)
    {
        if (!bytecode.IsEmpty)
        {
            WriteAttributeHeader(destination, BytecodeAttribute, bytecode.Length);
            bytecode.CopyTo(destination[AttributeHeaderSize..]);
        }
    }

    private static void WriteAttributeHeader(Span<byte> destination, ushort type, int valueLength)
    {
        MemoryMarshal.Write(destination, (ushort)(AttributeHeaderSize + valueLength));
        MemoryMarshal.Write(destination[2..], type);
    }
}
