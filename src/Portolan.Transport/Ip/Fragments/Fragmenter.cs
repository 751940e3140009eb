using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Ip;

/// <summary>Cuts packets that are longer than the path's MTU (RFC 791 section 3.2, RFC 8200 section 4.5).</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class Fragmenter(IpHost host)
{
    private const int MoreFragments = 0x2000;

    private byte[] _piece = [];

    /// <summary>Sends a packet in pieces.</summary>
    /// <param name="at">The interface.</param>
    /// <param name="neighbour">The next hop, or <c>null</c>.</param>
    /// <param name="station">The Ethernet address, where there is no next hop to be asked.</param>
    /// <param name="packet">The packet; of IPv6 one of this host's, without extension headers.</param>
    /// <param name="mtu">The most bytes of a piece.</param>
    /// <param name="identification">Of IPv6: the name of the pieces. IPv4 has it in the header.</param>
    internal void Send(IpInterface at, Neighbour? neighbour, MacAddress station, ReadOnlySpan<byte> packet, int mtu, uint identification)
    {
        if (_piece.Length < mtu)
        {
            _piece = new byte[mtu];
        }

        if (packet[0] >> 4 == 4)
        {
            SendIPv4(at, neighbour, station, packet, mtu);
        }
        else
        {
            SendIPv6(at, neighbour, station, packet, mtu, identification);
        }
    }

    private void SendIPv4(IpInterface at, Neighbour? neighbour, MacAddress station, ReadOnlySpan<byte> packet, int mtu)
    {
        var headerLength = (packet[0] & 0xf) * 4;
        var data = packet[headerLength..];

        // The packet may be a piece itself.
        var field = ReadUInt16BigEndian(packet[6..]);
        for (var from = 0; from < data.Length;)
        {
            var header = from == 0 ? CopyHeader(packet[..headerLength]) : CopyLaterHeader(packet[..headerLength]);
            var most = (mtu - header) & ~7;
            var isLast = data.Length - from <= mtu - header;
            var length = isLast ? data.Length - from : most;
            data.Slice(from, length).CopyTo(_piece.AsSpan(header));
            WriteUInt16BigEndian(_piece.AsSpan(2), (ushort)(header + length));
            WriteUInt16BigEndian(_piece.AsSpan(6), (ushort)((field + (from / 8)) | (isLast ? 0 : MoreFragments)));
            WriteUInt16BigEndian(_piece.AsSpan(10), 0);
            WriteUInt16BigEndian(_piece.AsSpan(10), InternetChecksum.Of(_piece.AsSpan(0, header)));
            host.Counters.Sent++;
            host.Transmitter.SendTo(at, neighbour, station, _piece.AsSpan(0, header + length), default);
            from += length;
        }
    }

    private int CopyHeader(ReadOnlySpan<byte> header)
    {
        header.CopyTo(_piece);
        return header.Length;
    }

    /// <summary>RFC 791 section 3.1: only options whose highest bit is set are repeated.</summary>
    private int CopyLaterHeader(ReadOnlySpan<byte> header)
    {
        header[..Ipv4Writer.Length].CopyTo(_piece);
        var length = Ipv4Writer.Length;
        for (var at = Ipv4Writer.Length; at + 1 < header.Length && header[at] != 0;)
        {
            var size = header[at] == 1 ? 1 : header[at + 1];
            if (size == 0 || at + size > header.Length)
            {
                break;
            }

            if ((header[at] & 0x80) != 0)
            {
                header.Slice(at, size).CopyTo(_piece.AsSpan(length));
                length += size;
            }

            at += size;
        }

        while (length % 4 != 0)
        {
            _piece[length++] = 0;
        }

        _piece[0] = (byte)(0x40 | (length / 4));
        return length;
    }

    private void SendIPv6(IpInterface at, Neighbour? neighbour, MacAddress station, ReadOnlySpan<byte> packet, int mtu, uint identification)
    {
        const int Headers = Ipv6Writer.Length + Ipv6ExtensionWriter.FragmentLength;
        var data = packet[Ipv6Writer.Length..];
        for (var from = 0; from < data.Length;)
        {
            var isLast = data.Length - from <= mtu - Headers;
            var length = isLast ? data.Length - from : (mtu - Headers) & ~7;
            packet[..Ipv6Writer.Length].CopyTo(_piece);
            WriteUInt16BigEndian(_piece.AsSpan(4), (ushort)(Ipv6ExtensionWriter.FragmentLength + length));
            _piece[6] = (byte)IpProtocol.Fragment;
            Ipv6ExtensionWriter.WriteFragment(_piece.AsSpan(Ipv6Writer.Length), (IpProtocol)packet[6], from, !isLast, identification);
            data.Slice(from, length).CopyTo(_piece.AsSpan(Headers));
            host.Counters.Sent++;
            host.Transmitter.SendTo(at, neighbour, station, _piece.AsSpan(0, Headers + length), default);
            from += length;
        }
    }
}
