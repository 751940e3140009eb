using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>
/// Requests of SMB before anybody logs in, and what their answers hold ([MS-SMB2] sections 2.2.3 and 2.2.4, [MS-CIFS] section 2.2.4.52).
/// </summary>
internal static class SmbQuestion
{
    private const int HeaderLength = 64;

    /// <summary>NEGOTIATE with one dialect of SMB 2 or 3.</summary>
    public static byte[] Negotiate(ushort dialect)
    {
        // 3.1.1 needs the context of pre-authentication integrity: SHA-512 and a salt, at a multiple of eight from the header on.
        byte[] contexts = dialect == 0x0311 ? [0, 0, 1, 0, 38, 0, 0, 0, 0, 0, 1, 0, 32, 0, 1, 0, .. "portolan-asks-which-dialects-it "u8]
            : [];
        byte[] offset = dialect == 0x0311 ? [104, 0, 0, 0, 1, 0, 0, 0] : new byte[8];
        return Framed(
        [
            0xFE, .. "SMB"u8, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31, 0, .. new byte[48],
            36, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. "portolan-portol-"u8, .. offset, (byte)dialect, (byte)(dialect >> 8), .. contexts,
        ]);
    }

    /// <summary>Whether a message has come whole.</summary>
    public static bool IsWhole(ReadOnlyMemory<byte> reply) =>
        reply.Length >= 4 && reply.Length >= 4 + ((reply.Span[1] << 16) | (reply.Span[2] << 8) | reply.Span[3]);

    /// <summary>The body of an answer to NEGOTIATE; <c>false</c> for an error, or what is none.</summary>
    public static bool TryNegotiated(ReadOnlySpan<byte> reply, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (reply.Length < 4 + HeaderLength + 64 || !reply[4..].StartsWith((ReadOnlySpan<byte>)[0xFE, (byte)'S', (byte)'M', (byte)'B'])
            || BinaryPrimitives.ReadUInt32LittleEndian(reply[12..]) != 0 || (reply[20] & 1) == 0)
        {
            return false;
        }

        body = reply[(4 + HeaderLength)..];
        return true;
    }

    /// <summary>Whether a server took the dialect of SMB 1.</summary>
    public static bool TookOld(ReadOnlySpan<byte> reply) =>
        reply.Length >= 4 + 35 && reply[4..].StartsWith((ReadOnlySpan<byte>)[0xFF, (byte)'S', (byte)'M', (byte)'B', 0x72, 0, 0, 0, 0])
        && reply[36] == 17 && BinaryPrimitives.ReadUInt16LittleEndian(reply[37..]) == 0;

    /// <summary>A dialect as nmap writes it: <c>3:1:1</c>.</summary>
    public static string NameOf(ushort dialect) =>
        FormattableString.Invariant($"{(dialect >> 8) & 15}:{(dialect >> 4) & 15}:{dialect & 15}");

    private static byte[] Framed(byte[] message) => [0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
}
