using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portolan.Lab.Scenarios;

/// <summary>A port that everybody should know, and how its service shows that it is it.</summary>
/// <param name="Port">The port.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Name">IANA's name of it.</param>
/// <param name="Purpose">What it is for, in a few words.</param>
/// <param name="Ask">What a client says first; empty when the server begins.</param>
/// <param name="Proof">What the answer must have in it.</param>
internal sealed partial record WellKnownPort(
    int Port, TransportProtocol Protocol, string Name, string Purpose, byte[] Ask, Func<byte[], bool> Proof)
{
    private const int NtpLength = 48;

    /// <summary>All that scenarios try, by number.</summary>
    internal static IReadOnlyList<WellKnownPort> All { get; } =
    [
        Tcp(7, "echo", "sends back what it gets", "anybody there?\r\n", "anybody there?"),
        Tcp(13, "daytime", "the time, for people", "", ":"),
        Tcp(21, "ftp", "files: the commands", "", "220 "),
        Tcp(22, "ssh", "a shell, in secret", "", "SSH-2.0-"),

        // The client will not tell of its terminal: IAC WONT for each option that the server asks about (RFC 854).
        new(
            23, TransportProtocol.Tcp, "telnet", "a shell, in clear", [255, 252, 24, 255, 252, 32, 255, 252, 35, 255, 252, 39],
            static a => Encoding.Latin1.GetString(a).Contains("login:", StringComparison.Ordinal)),
        Tcp(25, "smtp", "mail, from server to server", "", "220 "),
        new(37, TransportProtocol.Tcp, "time", "the time, as a number", [], static a => a.Length == 4),
        new(
            53, TransportProtocol.Udp, "domain", "names to addresses", Question(),
            static a =>
                a.Length > Question().Length && a.AsSpan(0, 2).SequenceEqual(Question().AsSpan(0, 2)) && (a[2] & 0x80) != 0 && a[7] == 1),
        Tcp(80, "http", "web pages, in clear", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "HTTP/1.1 200"),
        Tcp(110, "pop3", "mail, to take it home", "", "+OK"),
        Tcp(119, "nntp", "news groups", "", "200 "),

        // RFC 5905 section 7.3: version 4, mode 3 (client) is answered with mode 4 (server).
        new(
            123, TransportProtocol.Udp, "ntp", "the time, exactly", [0x23, .. new byte[NtpLength - 1]],
            static a => a.Length == NtpLength && (a[0] & 7) == 4),
        Tcp(143, "imap", "mail, to read it on the server", "", "* OK"),

        // RFC 3416: the value of sysDescr.0, asked for by the community public.
        new(
            161, TransportProtocol.Udp, "snmp", "the state of a device",
            Convert.FromHexString("302602010104067075626C6963A019020101020100020100300E300C06082B060102010101000500"),
            static a => a.Length > 40 && a[0] == 0x30 && a.Contains((byte)0xA2)),
        Tcp(194, "irc", "chat (IANA's port)", "NICK pc\r\nUSER pc 0 * :PC\r\n", " 001 pc "),
        Tcp(587, "submission", "mail, from a mail program to its server", "", "220 "),
        Tcp(6667, "ircu", "chat (the port that is in use)", "NICK pc\r\nUSER pc 0 * :PC\r\n", " 001 pc "),
    ];

    /// <summary>The answer for people: what it says, its first line that can be read, or its bytes.</summary>
    internal string Show(byte[] answer)
    {
        const int Most = 44;
        if (Reading(answer) is { } reading)
        {
            return reading;
        }

        answer = WithoutOptions(answer);
        var text = new string([.. Encoding.Latin1.GetString(answer).Where(static c => c is '\n' or (>= ' ' and < (char)127))]).Split('\n')
            .FirstOrDefault(static l => l.Trim().Length > 3)?.Trim();
        var isText = text is not null && answer.Count(static b => b is >= 32 and < 127 or 10 or 13) > answer.Length * 3 / 4;
        var shown = isText ? text! : $"{answer.Length} bytes: {Convert.ToHexString(answer.AsSpan(0, Math.Min(answer.Length, 12)))}";
        return shown.Length > Most ? shown[..(Most - 3)] + "..." : shown;
    }

    /// <summary>What an answer of bytes says.</summary>
    private string? Reading(byte[] answer) => (Name, answer.Length) switch
    {
        ("domain", _) => DatagramWords.OfName(answer),

        // Seconds since 1900 (RFC 868; RFC 5905 section 6, the transmit timestamp).
        ("time", 4) => TimeText(answer),
        ("ntp", NtpLength) => TimeText(answer.AsSpan(40)),
        ("snmp", _) => Printable().Match(Encoding.Latin1.GetString(answer)).Value,
        _ => null,
    };

    private static string TimeText(ReadOnlySpan<byte> seconds) =>
        new DateTime(1900, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(BinaryPrimitives.ReadUInt32BigEndian(seconds)).ToString(
            "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Without Telnet's option commands: IAC, WILL to DONT, and the option.</summary>
    private static byte[] WithoutOptions(byte[] answer)
    {
        var kept = new List<byte>();
        for (var i = 0; i < answer.Length; i++)
        {
            if (answer[i] == 255 && i + 2 < answer.Length && answer[i + 1] is >= 251 and <= 254)
            {
                i += 2;
            }
            else
            {
                kept.Add(answer[i]);
            }
        }

        return [.. kept];
    }

    private static WellKnownPort Tcp(int port, string name, string purpose, string ask, string proof) =>
        new(
            port, TransportProtocol.Tcp, name, purpose, Encoding.ASCII.GetBytes(ask),
            answer => Encoding.Latin1.GetString(answer).Contains(proof, StringComparison.Ordinal));

    /// <summary>A question for the address of example.com (RFC 1035 section 4).</summary>
    private static byte[] Question() => [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, .. "example"u8, 3, .. "com"u8, 0, 0, 1, 0, 1];

    [GeneratedRegex("[ -~]{12,}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Printable();
}
