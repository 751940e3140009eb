using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packetdrill;

/// <summary><c>struct sockaddr_in</c> and <c>sockaddr_in6</c>.</summary>
internal readonly record struct SocketAddress(InternetAddress Address, PortNumber Port)
{
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out SocketAddress address)
    {
        address = default;
        if (bytes.Length < 16)
        {
            return false;
        }

        var port = new PortNumber(ReadUInt16BigEndian(bytes[2..]));
        switch (bytes[0] | (bytes[1] << 8))
        {
            case Linux.AF_INET:
                address = new SocketAddress(InternetAddress.FromBytes(bytes.Slice(4, 4)), port);
                return true;
            case Linux.AF_INET6 when bytes.Length >= 24:
                address = new SocketAddress(InternetAddress.FromBytes(bytes.Slice(8, 16)), port);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes it for a socket of a family; returns its length, also when the room is shorter.</summary>
    internal int Write(Span<byte> room, int family)
    {
        Span<byte> bytes = stackalloc byte[28];
        bytes.Clear();
        bytes[0] = (byte)family;
        WriteUInt16BigEndian(bytes[2..], Port.Value);
        var length = family == Linux.AF_INET ? 16 : 28;
        if (family == Linux.AF_INET)
        {
            Address.WriteBytes(bytes[4..]);
        }
        else if (Address.IsIPv4)
        {
            bytes[18] = bytes[19] = 0xff;
            Address.WriteBytes(bytes[20..]);
        }
        else
        {
            Address.WriteBytes(bytes[8..]);
        }

        bytes[..Math.Min(length, room.Length)].CopyTo(room);
        return length;
    }
}
