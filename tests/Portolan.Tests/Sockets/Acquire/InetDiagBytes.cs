using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Portolan.Tests.Sockets.Acquire;

/// <summary>An <c>inet_diag_msg</c> made by hand, field by field as linux/inet_diag.h has them.</summary>
internal sealed record InetDiagBytes
{
    internal string Local { get; init; } = "192.0.2.1:80";

    internal string Remote { get; init; } = "198.51.100.2:50000";

    internal byte State { get; init; } = 1;

    internal byte Timer { get; init; }

    internal byte Retransmits { get; init; }

    internal uint Interface { get; init; }

    internal ulong Cookie { get; init; }

    internal uint Expires { get; init; }

    internal uint ReceiveQueue { get; init; }

    internal uint SendQueue { get; init; }

    internal uint User { get; init; }

    internal uint Inode { get; init; } = 4242;

    internal byte[][] Attributes { get; init; } = [];

    internal byte[] ToArray()
    {
        var local = IPEndPoint.Parse(Local);
        var remote = IPEndPoint.Parse(Remote);
        var bytes = new byte[72];
        bytes[0] = (byte)(local.Address.GetAddressBytes().Length == 4 ? 2 : 10);
        bytes[1] = State;
        bytes[2] = Timer;
        bytes[3] = Retransmits;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)remote.Port);
        local.Address.GetAddressBytes().CopyTo(bytes, 8);
        remote.Address.GetAddressBytes().CopyTo(bytes, 24);
        var rest = bytes.AsSpan(40);
        MemoryMarshal.Write(rest, Interface);
        MemoryMarshal.Write(rest[4..], (uint)Cookie);
        MemoryMarshal.Write(rest[8..], (uint)(Cookie >> 32));
        MemoryMarshal.Write(rest[12..], Expires);
        MemoryMarshal.Write(rest[16..], ReceiveQueue);
        MemoryMarshal.Write(rest[20..], SendQueue);
        MemoryMarshal.Write(rest[24..], User);
        MemoryMarshal.Write(rest[28..], Inode);
        return [.. bytes, .. Attributes.SelectMany(attribute => attribute)];
    }
}
