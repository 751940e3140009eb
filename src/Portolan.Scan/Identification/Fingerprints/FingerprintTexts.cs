using System.Text;
using Portolan.Scan.Identification.Http;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>The texts of replies that fingerprints are matched against, by Recog's names of them.</summary>
internal static class FingerprintTexts
{
    private const int MaxLength = 2048;

    /// <summary>The names.</summary>
    public static IReadOnlySet<string> Kinds { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "ssh.banner", "ftp.banner", "smtp.banner", "pop3.banner", "imap4.banner", "nntp.banner", "telnet.banner", "telnet_banners",
        "mysql.banners", "dns.versionbind", "http_header.server", "http_header.wwwauth", "http_header.cookie", "http_header.x-powered-by",
        "html_title", "rtsp_header.server", "sip_header.server", "sip_header.user_agent",
    };

    /// <summary>The texts of a reply.</summary>
    /// <param name="protocol">The protocol that was found.</param>
    /// <param name="reply">What the service said.</param>
    public static List<(string Kind, string Text)> Of(string protocol, ReadOnlySpan<byte> reply)
    {
        var texts = new List<(string, string)>();
        var line = ReplyText.FirstLine(reply);
        switch (protocol)
        {
            case "ssh" when line.StartsWith("SSH-"u8) && line[4..].IndexOf((byte)'-') is >= 0 and var at:
                Add("ssh.banner", line[(5 + at)..]);
                break;
            case "ftp":
                Add("ftp.banner", Behind(line, 4));
                break;
            case "smtp":
                Add("smtp.banner", Behind(line, 4));
                break;
            case "nntp":
                Add("nntp.banner", Behind(line, 4));
                break;
            case "pop3":
                Add("pop3.banner", Behind(line, 4));
                break;
            case "imap":
                Add("imap4.banner", Behind(line, 5));
                break;
            case "telnet":
                Add("telnet.banner", WithoutCommands(reply));
                Add("telnet_banners", WithoutCommands(reply));
                break;
            case "mysql" when reply.Length > 5 && reply[4] == 10 && reply[5..].IndexOf((byte)0) is > 0 and var end:
                Add("mysql.banners", reply.Slice(5, end));
                break;
            case "domain":
                Add("dns.versionbind", Encoding.UTF8.GetBytes(DnsProtocol.VersionIn(reply) ?? ""));
                break;
            default:
                AddHeaders(protocol, reply, Add);
                break;
        }

        return texts;

        void Add(string kind, ReadOnlySpan<byte> text)
        {
            text = text.Trim(" \t\r\n\0"u8);
            if (!text.IsEmpty)
            {
                texts.Add((kind, Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxLength)])));
            }
        }
    }

    private delegate void TakeText(string kind, ReadOnlySpan<byte> text);

    // HTTP's replies, and those of protocols that took their form from it.
    private static void AddHeaders(string protocol, ReadOnlySpan<byte> reply, TakeText add)
    {
        if (protocol is "rtsp" or "sip")
        {
            add($"{protocol}_header.server", Header(reply, "\nServer:"u8));
            add($"{protocol}_header.user_agent", Header(reply, "\nUser-Agent:"u8));
        }
        else if (HttpReply.TryRead(reply, out var http))
        {
            add("http_header.server", http.Header("Server"u8));
            add("http_header.wwwauth", http.Header("WWW-Authenticate"u8));
            add("http_header.cookie", http.Header("Set-Cookie"u8));
            add("http_header.x-powered-by", http.Header("X-Powered-By"u8));
            add("html_title", Encoding.UTF8.GetBytes(http.Title ?? ""));
        }
    }

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> name) =>
        reply.IndexOf(name) is >= 0 and var at ? ReplyText.FirstLine(reply[(at + name.Length)..]) : default;

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> line, int length) => line.Length > length ? line[length..] : default;

    // IAC, a command and an option; a subnegotiation up to IAC SE (RFC 854, RFC 855).
    private static byte[] WithoutCommands(ReadOnlySpan<byte> reply)
    {
        var text = new List<byte>();
        for (var i = 0; i < reply.Length && text.Count < MaxLength; i++)
        {
            if (reply[i] != 0xFF)
            {
                text.Add(reply[i]);
            }
            else if (i + 1 < reply.Length && reply[i + 1] == 0xFA)
            {
                var end = reply[i..].IndexOf([(byte)0xFF, (byte)0xF0]);
                i = end < 0 ? reply.Length : i + end + 1;
            }
            else
            {
                i += 2;
            }
        }

        return [.. text];
    }
}
