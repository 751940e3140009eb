using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Ip;

/// <summary>Writes the pieces of a packet one after the other (RFC 791 section 3.2, RFC 8200 section 4.5).</summary>
internal static class FragmentCutter
{
    private const int MoreFragments = 0x2000;

    /// <summary>Writes the next piece of an IPv4 packet, which may be a piece itself. Its other flags stay.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="from">How much of its data is written; it goes on to the end of this piece.</param>
    /// <param name="mtu">The most bytes of a piece: at least 8 more than the headers.</param>
    /// <param name="piece">Room for it.</param>
    /// <returns>The piece's length; 0 when all is written.</returns>
    internal static int WriteIPv4(ReadOnlySpan<byte> packet, ref int from, int mtu, Span<byte> piece)
    {
        var headerLength = (packet[0] & 0xf) * 4;
        var data = packet[headerLength..];
        if (from >= data.Length)
        {
            return 0;
        }

        var field = ReadUInt16BigEndian(packet[6..]);
        var header = from == 0 ? CopyHeader(packet[..headerLength], piece) : CopyLaterHeader(packet[..headerLength], piece);
        var isLast = data.Length - from <= mtu - header;
        var length = isLast ? data.Length - from : (mtu - header) & ~7;
        data.Slice(from, length).CopyTo(piece[header..]);
        WriteUInt16BigEndian(piece[2..], (ushort)(header + length));
        WriteUInt16BigEndian(piece[6..], (ushort)((field + (from / 8)) | (isLast ? 0 : MoreFragments)));
        WriteUInt16BigEndian(piece[10..], 0);
        WriteUInt16BigEndian(piece[10..], InternetChecksum.Of(piece[..header]));
        from += length;
        return header + length;
    }

    /// <summary>Writes the next piece of an IPv6 packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="headers">Its headers that every piece has.</param>
    /// <param name="identification">The name of the pieces.</param>
    /// <param name="from">How much of its data is written; it goes on to the end of this piece.</param>
    /// <param name="mtu">The most bytes of a piece: at least 16 more than the headers.</param>
    /// <param name="piece">Room for it.</param>
    /// <returns>The piece's length; 0 when all is written.</returns>
    internal static int WriteIPv6(
        ReadOnlySpan<byte> packet, UnfragmentableHeaders headers, uint identification, ref int from, int mtu, Span<byte> piece)
    {
        var before = headers.Length + Ipv6ExtensionWriter.FragmentLength;
        var data = packet[headers.Length..];
        if (from >= data.Length)
        {
            return 0;
        }

        var isLast = data.Length - from <= mtu - before;
        var length = isLast ? data.Length - from : (mtu - before) & ~7;
        packet[..headers.Length].CopyTo(piece);
        WriteUInt16BigEndian(piece[4..], (ushort)(before - Ipv6Writer.Length + length));
        piece[headers.NextHeaderOffset] = (byte)IpProtocol.Fragment;
        Ipv6ExtensionWriter.WriteFragment(
            piece[headers.Length..], (IpProtocol)packet[headers.NextHeaderOffset], from, !isLast, identification);
        data.Slice(from, length).CopyTo(piece[before..]);
        from += length;
        return before + length;
    }

    private static int CopyHeader(ReadOnlySpan<byte> header, Span<byte> piece)
    {
        header.CopyTo(piece);
        return header.Length;
    }

    /// <summary>RFC 791 section 3.1: only options whose highest bit is set are repeated.</summary>
    private static int CopyLaterHeader(ReadOnlySpan<byte> header, Span<byte> piece)
    {
        header[..Ipv4Writer.Length].CopyTo(piece);
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
                header.Slice(at, size).CopyTo(piece[length..]);
                length += size;
            }

            at += size;
        }

        while (length % 4 != 0)
        {
            piece[length++] = 0;
        }

        piece[0] = (byte)(0x40 | (length / 4));
        return length;
    }
}

/// <summary>The headers of an IPv6 packet that all its fragments have (RFC 8200 section 4.5).</summary>
/// <param name="Length">Their bytes.</param>
/// <param name="NextHeaderOffset">Where the field lies that names the header behind them.</param>
internal readonly record struct UnfragmentableHeaders(int Length, int NextHeaderOffset)
{
    /// <summary>Those of a packet without extension headers.</summary>
    internal static UnfragmentableHeaders None => new(Ipv6Writer.Length, 6);
}
