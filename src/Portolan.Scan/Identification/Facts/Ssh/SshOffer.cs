using System.Text;

namespace Portolan.Scan.Identification.Facts.Ssh;

/// <summary>What a server offers in SSH_MSG_KEXINIT (RFC 4253 section 7.1), and what a client says to get there.</summary>
internal sealed class SshOffer
{
    private const byte KexInit = 20;
    private const int CookieLength = 16;

    private SshOffer(string[][] lists) => Lists = lists;

    /// <summary>The client's identification string (RFC 4253 section 4.2).</summary>
    public static ServiceProbe Hello { get; } = new("SSH identification string", "SSH-2.0-Portolan\r\n"u8);

    /// <summary>
    /// The names of the lists, as nmap has them, in the order of the message; those of both directions that are nearly always alike stand
    /// once.
    /// </summary>
    public static IReadOnlyList<(string Name, int At)> Names { get; } =
        [("kex_algorithms", 0), ("server_host_key_algorithms", 1), ("encryption_algorithms", 3), ("mac_algorithms", 5),
            ("compression_algorithms", 7)];

    /// <summary>The ten lists, in the order of the message.</summary>
    public IReadOnlyList<string[]> Lists { get; }

    /// <summary>Algorithms of keys.</summary>
    public string[] HostKeys => Lists[1];

    /// <summary>Methods of key exchange.</summary>
    public string[] Exchanges => Lists[0];

    /// <summary>Whether it has come.</summary>
    public static bool IsThere(ReadOnlyMemory<byte> said) => SshPacket.TryFind(said.Span, KexInit, out _);

    /// <summary>Says hello and hears the offer; <c>null</c> where none comes.</summary>
    public static async Task<SshOffer?> HearAsync(Conversation conversation)
    {
        await conversation.HearAsync(ReplyHasIdentification);
        var said = await conversation.AskAsync(Hello, IsThere);
        return Read(said.Span);
    }

    /// <summary>Reads it; <c>null</c> where it is not there, or broken.</summary>
    public static SshOffer? Read(ReadOnlySpan<byte> said)
    {
        if (!SshPacket.TryFind(said, KexInit, out var payload) || payload.Length < 1 + CookieLength)
        {
            return null;
        }

        var rest = payload[(1 + CookieLength)..];
        var lists = new string[10][];
        for (var i = 0; i < lists.Length; i++)
        {
            if (!SshPacket.TryNames(ref rest, out lists[i]))
            {
                return null;
            }
        }

        return new SshOffer(lists);
    }

    /// <summary>A client's own message, with one algorithm of keys, so that the server shows that key.</summary>
    public static byte[] Write(string exchanges, string hostKeys)
    {
        List<byte> payload = [KexInit, .. "portolan-asks-it"u8];
        foreach (var names in (string[])
        [
            exchanges, hostKeys, Ciphers, Ciphers, Macs, Macs, "none,zlib@openssh.com,zlib", "none,zlib@openssh.com,zlib", "", "",
        ])
        {
            payload.AddRange(SshPacket.String(Encoding.ASCII.GetBytes(names)));
        }

        return SshPacket.Write([.. payload, 0, 0, 0, 0, 0]);
    }

    private const string Ciphers =
        "aes128-ctr,aes256-ctr,aes192-ctr,chacha20-poly1305@openssh.com,"
        + "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-cbc,aes256-cbc,3des-cbc";

    private const string Macs =
        "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
        + "hmac-sha1,hmac-sha1-etm@openssh.com,hmac-md5";

    // Lines for people may stand before it.
    private static bool ReplyHasIdentification(ReadOnlyMemory<byte> said)
    {
        var rest = said.Span;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.StartsWith("SSH-"u8))
            {
                return said.Span[^1] == '\n' || !rest.IsEmpty;
            }
        }

        return false;
    }
}
