namespace Portolan.Scan.Checking;

/// <summary>Knows the first words of servers. The bytes are a peer's: none of this throws, whatever they are.</summary>
internal static class Greetings
{
    /// <summary>
    /// A reply of one or more lines, each with a code of three digits, and a hyphen behind it on all lines but the last (RFC 5321 section
    /// 4.2.1, RFC 959 section 4.2).
    /// </summary>
    /// <param name="ready">The code of a greeting.</param>
    /// <param name="refusals">How codes begin that refuse the client.</param>
    public static Func<ReadOnlyMemory<byte>, GreetingKind> Reply(string ready, params string[] refusals) => memory =>
    {
        var bytes = memory.Span;
        if (KindOf(bytes, [ready], refusals) is var kind && kind is GreetingKind.Foreign or GreetingKind.Incomplete)
        {
            return kind;
        }

        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (end < 4 || bytes[3] != '-')
            {
                return kind;
            }

            bytes = bytes[(end + 1)..];
        }

        return GreetingKind.Incomplete;
    };

    /// <param name="ready">How the line of a server begins that is ready.</param>
    /// <param name="refusals">How it begins when the server refuses the client.</param>
    public static Func<ReadOnlyMemory<byte>, GreetingKind> Line(string[] ready, string[] refusals) => memory =>
        KindOf(memory.Span, ready, refusals) is var kind && kind != GreetingKind.Foreign && !memory.Span.Contains((byte)'\n')
            ? GreetingKind.Incomplete
            : kind;

    /// <summary>Any lines, and then one that begins with <c>SSH-</c> (RFC 4253 section 4.2).</summary>
    public static GreetingKind Ssh(ReadOnlyMemory<byte> memory)
    {
        var bytes = memory.Span;
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (bytes.StartsWith("SSH-2.0-"u8) || bytes.StartsWith("SSH-1.99-"u8))
            {
                return GreetingKind.Ready;
            }

            if (bytes.StartsWith("SSH-"u8))
            {
                return GreetingKind.Foreign;
            }

            // What sshd says in place of its version when it has too many connections, or none for this client.
            if (bytes.StartsWith("Exceeded MaxStartups"u8) || bytes.StartsWith("Not allowed at this time"u8))
            {
                return GreetingKind.Refusal;
            }

            // Lines before the version are for people; these are other protocols' greetings, whose servers send no more.
            if (bytes is [>= (byte)'1' and <= (byte)'5', >= (byte)'0' and <= (byte)'9', >= (byte)'0' and <= (byte)'9', (byte)' '
                or (byte)'-', ..]
                || bytes.StartsWith("* "u8) || bytes.StartsWith("+OK"u8) || bytes.StartsWith("HTTP/"u8))
            {
                return GreetingKind.Foreign;
            }

            bytes = bytes[(end + 1)..];
        }

        return memory.Length < GreetingStep.MostBytes ? GreetingKind.Incomplete : GreetingKind.Foreign;
    }

    /// <summary>
    /// A packet: its length in three bytes, its number 0, then the version of the protocol, 10, or 255 for an error (MySQL's
    /// "Protocol::Handshake", "ERR_Packet").
    /// </summary>
    public static GreetingKind MySql(ReadOnlyMemory<byte> memory)
    {
        var bytes = memory.Span;
        if (bytes.Length < 5)
        {
            return bytes.Length >= 4 && bytes[3] != 0 ? GreetingKind.Foreign : GreetingKind.Incomplete;
        }

        var length = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
        return (bytes[3], bytes[4]) switch
        {
            (0, 10 or 255) when length is 0 or > GreetingStep.MostBytes - 4 => GreetingKind.Foreign,
            (0, 10 or 255) when bytes.Length < length + 4 => GreetingKind.Incomplete,
            (0, 10) => GreetingKind.Ready,
            (0, 255) => GreetingKind.Refusal,
            _ => GreetingKind.Foreign,
        };
    }

    private static GreetingKind KindOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<string> ready, ReadOnlySpan<string> refusals)
    {
        var mayBecome = false;
        foreach (var (words, kind) in ((string[], GreetingKind)[])[([.. ready], GreetingKind.Ready), ([.. refusals], GreetingKind.Refusal)])
        {
            foreach (var word in words)
            {
                var both = Math.Min(word.Length, bytes.Length);
                if (System.Text.Ascii.EqualsIgnoreCase(bytes[..both], word.AsSpan(0, both)))
                {
                    if (both == word.Length)
                    {
                        return kind;
                    }

                    mayBecome = true;
                }
            }
        }

        return mayBecome ? GreetingKind.Incomplete : GreetingKind.Foreign;
    }
}
