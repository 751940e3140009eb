using System.Buffers.Binary;

namespace Portolan.Model;

/// <summary>Writes addresses as UTF-8: dotted decimal, or RFC 5952's one canonical IPv6 text. No allocation.</summary>
internal static class InternetAddressText
{
    /// <summary>Writes into at least <see cref="InternetAddress.MaxTextLength"/> bytes; returns the length.</summary>
    public static int Write(InternetAddress address, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        var count = address.WriteBytes(bytes);
        if (count == 4)
        {
            return WriteDotted(bytes[..4], destination);
        }

        if (address.IsIPv4Mapped)
        {
            "::ffff:"u8.CopyTo(destination);
            return 7 + WriteDotted(bytes[12..], destination[7..]);
        }

        return WriteGroups(bytes, destination);
    }

    private static int WriteDotted(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        var at = 0;
        for (var i = 0; i < 4; i++)
        {
            if (i > 0)
            {
                destination[at++] = (byte)'.';
            }

            int value = bytes[i];
            if (value >= 100)
            {
                destination[at++] = (byte)('0' + (value / 100));
            }

            if (value >= 10)
            {
                destination[at++] = (byte)('0' + (value / 10 % 10));
            }

            destination[at++] = (byte)('0' + (value % 10));
        }

        return at;
    }

    private static int WriteGroups(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        // RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes "::".
        int runStart = -1, runLength = 1;
        for (var i = 0; i < 8; i++)
        {
            var length = 0;
            while (i + length < 8 && BinaryPrimitives.ReadUInt16BigEndian(bytes[((i + length) * 2)..]) == 0)
            {
                length++;
            }

            if (length > runLength)
            {
                (runStart, runLength) = (i, length);
            }

            i += length;
        }

        var at = 0;
        for (var i = 0; i < 8; i++)
        {
            if (i == runStart)
            {
                destination[at++] = (byte)':';
                destination[at++] = (byte)':';
                i += runLength - 1;
                continue;
            }

            if (at > 0 && destination[at - 1] != ':')
            {
                destination[at++] = (byte)':';
            }

            at += WriteHex(BinaryPrimitives.ReadUInt16BigEndian(bytes[(i * 2)..]), destination[at..]);
        }

        return at;
    }

    private static int WriteHex(ushort value, Span<byte> destination)
    {
        var at = 0;
        for (var shift = 12; shift >= 0; shift -= 4)
        {
            var digit = (value >> shift) & 0xf;
            if (digit != 0 || at > 0 || shift == 0)
            {
                destination[at++] = (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
            }
        }

        return at;
    }
}
