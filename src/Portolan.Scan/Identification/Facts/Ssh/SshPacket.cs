using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Facts.Ssh;

/// <summary>
/// Packets of SSH before encryption, and what stands in them (RFC 4253 section 6, RFC 4251 section 5). The bytes are a stranger's: nothing
/// here throws.
/// </summary>
internal static class SshPacket
{
    private const int MaxLength = 35_000;
    private const int Header = 5;

    /// <summary>Writes a packet.</summary>
    public static byte[] Write(ReadOnlySpan<byte> payload)
    {
        // Length, padding and all fill blocks of eight bytes; at least four of padding.
        var padding = 8 - ((Header + payload.Length) % 8);
        padding += padding < 4 ? 8 : 0;
        var packet = new byte[Header + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - 4);
        packet[4] = (byte)padding;
        payload.CopyTo(packet.AsSpan(Header));
        return packet;
    }

    /// <summary>Finds the first packet with a message number among what a server said, its identification lines left out.</summary>
    public static bool TryFind(ReadOnlySpan<byte> said, byte message, out ReadOnlySpan<byte> payload)
    {
        var rest = said;
        while (rest.StartsWith("SSH-"u8) || (!rest.IsEmpty && rest[0] != 0))
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        while (rest.Length > Header)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length is < 2 or > MaxLength || rest.Length < 4 + length || rest[4] + 1 >= length)
            {
                break;
            }

            payload = rest.Slice(Header, (int)length - 1 - rest[4]);
            if (payload[0] == message)
            {
                return true;
            }

            rest = rest[(4 + (int)length)..];
        }

        payload = default;
        return false;
    }

    /// <summary>Takes a string off: its length, then so many bytes.</summary>
    public static bool TryString(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 4)
        {
            return false;
        }

        text = rest.Slice(4, (int)BinaryPrimitives.ReadUInt32BigEndian(rest));
        rest = rest[(4 + text.Length)..];
        return true;
    }

    /// <summary>Takes a list of names off.</summary>
    public static bool TryNames(scoped ref ReadOnlySpan<byte> rest, out string[] names)
    {
        names = [];
        if (!TryString(ref rest, out var text))
        {
            return false;
        }

        names = Encoding.ASCII.GetString(text).Split(',', StringSplitOptions.RemoveEmptyEntries);
        return true;
    }

    /// <summary>A string with its length before it.</summary>
    public static byte[] String(ReadOnlySpan<byte> bytes)
    {
        var text = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(text, bytes.Length);
        bytes.CopyTo(text.AsSpan(4));
        return text;
    }
}
