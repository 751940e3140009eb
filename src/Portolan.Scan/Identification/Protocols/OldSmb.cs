using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SMB 1, for servers that speak nothing newer: NEGOTIATE, and the first half of an NTLM exchange ([MS-SMB] sections 2.2.4.5 and 2.2.4.6,
/// [MS-CIFS] section 2.2.4.52). The exchange ends there: no login is attempted.
/// </summary>
internal static class OldSmb
{
    private const int HeaderLength = 32;
    private const byte NegotiateCommand = 0x72;
    private const byte SessionCommand = 0x73;
    private const int NegotiateWords = 17;
    private const int SessionWords = 4;
    private const uint ExtendedSecurity = 0x8000_0000;

    /// <summary>NEGOTIATE with the last dialect of SMB 1.</summary>
    public static ServiceProbe Negotiate { get; } = new("SMB1 NEGOTIATE", Framed(
        [.. Header(NegotiateCommand), 0, 12, 0, 2, .. "NT LM 0.12\0"u8]));

    /// <summary>SPNEGO with the first message of NTLMSSP, empty but for its flags and a version.</summary>
    public static ServiceProbe Session { get; } = new("SMB1 SESSION_SETUP_ANDX, NTLM NEGOTIATE", Framed(
    [
        .. Header(SessionCommand), 12, 0xFF, 0, 0, 0, 0xFF, 0x40, 1, 0, 0, 0, 0, 0, 0, 0, 74, 0, 0, 0, 0, 0, 0xD4, 0, 0, 0x80, 79, 0,
        .. SmbProtocol.NtlmNegotiate, 0, 0, 0, 0, 0,
    ]));

    /// <summary>What a server told.</summary>
    /// <param name="Answer">The message with the challenge of NTLM; empty where it does not speak that.</param>
    /// <param name="Computer">Its name.</param>
    /// <param name="Domain">Its domain or workgroup.</param>
    /// <param name="System">What it calls its operating system.</param>
    /// <param name="LanManager">What it calls itself: <c>Samba 4.17.12-Debian</c>.</param>
    public sealed record Told(ReadOnlyMemory<byte> Answer, string? Computer, string? Domain, string? System, string? LanManager);

    /// <summary>Asks on a connection of its own.</summary>
    /// <returns>What it told; <c>null</c> where it does not speak SMB 1.</returns>
    public static async Task<Told?> AskAsync(Conversation conversation)
    {
        var agreed = (await conversation.AskAsync(Negotiate, IsWhole)).ToArray();
        if (!TryBody(agreed, NegotiateCommand, NegotiateWords, out var words, out var bytes))
        {
            return null;
        }

        // Without extended security the challenge itself is followed by the names.
        var capabilities = BinaryPrimitives.ReadUInt32LittleEndian(agreed.AsSpan(words.Start.Value + 19));
        if ((capabilities & ExtendedSecurity) == 0)
        {
            var names = agreed.AsSpan(bytes);
            var challenge = agreed[words.Start.Value + 33];
            var (domain, computer) = Pair(challenge < names.Length ? names[challenge..] : default);
            return new Told(default, computer, domain, null, null);
        }

        var answer = (await conversation.AskAsync(Session, IsWhole)).ToArray();
        if (!TryBody(answer, SessionCommand, SessionWords, out words, out bytes))
        {
            return new Told(default, null, null, null, null);
        }

        // The blob, then a byte that puts Unicode at an even place of the message, then two texts.
        var blob = BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(words.Start.Value + 6));
        var at = bytes.Start.Value + blob;
        at += (at - 4) & 1;
        var (system, manager) = Pair(at < answer.Length ? answer.AsSpan(at) : default);
        return new Told(answer, null, null, system, manager);
    }

    private static bool IsWhole(ReadOnlyMemory<byte> reply) =>
        reply.Length >= 4 && reply.Length >= 4 + ((reply.Span[1] << 16) | (reply.Span[2] << 8) | reply.Span[3]);

    // The header of a response to a command, its words and its bytes.
    private static bool TryBody(ReadOnlySpan<byte> message, byte command, int count, out Range words, out Range bytes)
    {
        (words, bytes) = (default, default);
        var at = 4 + HeaderLength;
        if (message.Length < at + 3 || !message[4..].StartsWith((ReadOnlySpan<byte>)[0xFF, (byte)'S', (byte)'M', (byte)'B', command])
            || (message[13] & 0x80) == 0 || message[at] != count || message.Length < at + 3 + (2 * count))
        {
            return false;
        }

        words = (at + 1)..(at + 1 + (2 * count));
        var length = BinaryPrimitives.ReadUInt16LittleEndian(message[words.End.Value..]);
        bytes = (words.End.Value + 2)..Math.Min(message.Length, words.End.Value + 2 + length);
        return true;
    }

    // Two texts in UTF-16, each with a zero behind it; the second's may be missing.
    private static (string? First, string? Second) Pair(ReadOnlySpan<byte> bytes)
    {
        var parts = Encoding.Unicode.GetString(bytes[..(bytes.Length & ~1)]).Split('\0');
        return (Text(parts[0]), parts.Length > 1 ? Text(parts[1]) : null);

        static string? Text(string part) => ReplyText.Of(Encoding.UTF8.GetBytes(part));
    }

    // Unicode, error codes of NT, extended security, long names.
    private static byte[] Header(byte command) =>
        [0xFF, .. "SMB"u8, command, 0, 0, 0, 0, 0x18, 0x53, 0xC8, .. new byte[12], 0xFF, 0xFF, 1, 0, 0, 0, 0, 0];

    private static byte[] Framed(byte[] message) => [0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
}
