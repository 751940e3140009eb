using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Replies of lines with a code of three digits, and a hyphen behind it on all lines but the last (RFC 5321 section 4.2.1, RFC 959 section
/// 4.2).
/// </summary>
internal static class CodeReply
{
    /// <summary>Reads a reply that is whole, or that has ended.</summary>
    /// <param name="reply">What came.</param>
    /// <param name="code">The code of its first line.</param>
    /// <param name="text">Its lines from behind the first code on, the next codes included.</param>
    public static bool TryRead(ServiceReply reply, out int code, out ReadOnlySpan<byte> text)
    {
        code = 0;
        text = default;
        if (!StartsWithCode(reply.Bytes) || !(reply.IsEnded || IsWhole(reply.Bytes)))
        {
            return false;
        }

        code = (100 * (reply.Bytes[0] - '0')) + (10 * (reply.Bytes[1] - '0')) + reply.Bytes[2] - '0';
        text = reply.Bytes[4..];
        return true;
    }

    /// <summary>Whether the last line of a reply is there.</summary>
    public static bool IsWhole(ReadOnlyMemory<byte> reply) => IsWhole(reply.Span);

    /// <summary>
    /// Whether a greeting names a protocol. Host names do not count: <c>220 smtp.example.com FTP server ready</c> is no SMTP server.
    /// </summary>
    public static bool Names(ReadOnlySpan<byte> text, ReadOnlySpan<byte> protocol)
    {
        foreach (var range in text.SplitAny(" \t\r\n"u8))
        {
            var word = text[range];
            if (EndsWith(word, protocol) && !IsHostName(word))
            {
                return true;
            }
        }

        return false;
    }

    // ESMTP, (vsFTPd, SMTP; but SMTP-free is another word.
    private static bool EndsWith(ReadOnlySpan<byte> word, ReadOnlySpan<byte> protocol)
    {
        for (; word.Length >= protocol.Length; word = word[1..])
        {
            if (Ascii.EqualsIgnoreCase(word[..protocol.Length], protocol))
            {
                var rest = word[protocol.Length..];
                rest = rest is [(byte)'d' or (byte)'D', ..] ? rest[1..] : rest;
                return rest.IsEmpty || !(char.IsAsciiLetterOrDigit((char)rest[0]) || rest[0] == '-');
            }
        }

        return false;
    }

    private static bool IsHostName(ReadOnlySpan<byte> word)
    {
        for (var dot = 0; dot + 1 < word.Length; dot++)
        {
            if (word[dot] == '.' && char.IsAsciiLetter((char)word[dot + 1]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Incomplete where it may become such a reply, foreign where not.</summary>
    public static ReplyReading Unless(ServiceReply reply) =>
        MayBecome(reply.Bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;

    /// <summary>Whether the last line of a reply is there.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            // Lines between the first and the last may have no code (RFC 959).
            if (StartsWithCode(bytes) && bytes[3] != '-')
            {
                return true;
            }

            bytes = bytes[(end + 1)..];
        }

        return false;
    }

    private static bool StartsWithCode(ReadOnlySpan<byte> bytes) =>
        bytes is [>= (byte)'1' and <= (byte)'6', >= (byte)'0' and <= (byte)'9', >= (byte)'0' and <= (byte)'9', (byte)' ' or (byte)'-', ..];

    private static bool MayBecome(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < Math.Min(3, bytes.Length); i++)
        {
            if (bytes[i] is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
        }

        return bytes.Length < 4 || StartsWithCode(bytes);
    }
}
