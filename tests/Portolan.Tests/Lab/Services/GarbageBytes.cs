using System.Text;

namespace Portolan.Tests.Lab.Services;

/// <summary>
/// Bytes that a service did not expect: noise, words of its protocol in a wrong order, lines without end, and lengths that lie.
/// </summary>
internal static class GarbageBytes
{
    private static readonly string[] Words =
    [
        "EHLO x\r\n", "HELO\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<user@server>\r\n", "DATA\r\n", ".\r\n", "AUTH PLAIN\r\n",
        "AUTH LOGIN AAAA\r\n", "=\r\n", "STARTTLS\r\n",
        "a1 LOGIN user secret\r\n", "a LOGIN {4}\r\n", "a2 SELECT INBOX\r\n", "a3 FETCH 1:* (BODY[HEADER.FIELDS (", "a4 IDLE\r\n",
        "DONE\r\n", "a5 SEARCH ((((((\r\n", "a APPEND INBOX {99999999999}\r\n",
        "USER user\r\n", "PASS secret\r\n", "LIST\r\n", "RETR 1\r\n", "TOP 1 -1\r\n", "DELE 99999999999999999999\r\n", "QUIT\r\n",
        "PORT 1,2,3,4,5,6\r\n", "PORT 999,,,,,\r\n", "EPRT |3|x|y|\r\n", "PASV\r\n", "EPSV\r\n",
        "STOR ../../x\r\n", "CWD /\r\n", "GET / HTTP/1.1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "*1\r\n$4\r\nPING\r\n", "*2147483647\r\n", "$-1\r\n",
        "*-5\r\n", "*1\r\n$2147483648\r\n",
        "NICK a\r\n", "USER a b c :d\r\n", "JOIN #x,,,,#y\r\n", "PRIVMSG #x :hello\r\n", "MODE\r\n", "GROUP lab.general\r\n",
        "ARTICLE 1\r\n", "OVER 1-99999999999999\r\n", "SSH-2.0-x\r\n", "SSH-1.5-y\n",
        "\u00ff\u00fd\u0018", "\u00ff\u00fa\u0018\u0000", "\u0016\u0003\u0001\u0000\u00ff",
        "\u0000\u0000\u0000\u0008\u0004\u00d2\u0016\u002f", "\u0000\u0003\u0000\u0000user\u0000x\u0000\u0000",
        "Q\u0000\u0000\u0000\u000dselect 1\u0000", "P\u00ff\u00ff\u00ff\u00ff", "\u0030\u0084\u00ff\u00ff\u00ff\u00ff",
        "\u0030\u0026\u0002\u0001\u0001\u0004\u0006public", "\r\n", "\n", "\0", " ",
    ];

    internal static byte[] Make(Random random, string service)
    {
        var kind = random.Next(5);
        if (kind == 0)
        {
            var noise = new byte[random.Next(3000)];
            random.NextBytes(noise);
            return noise;
        }

        if (kind == 1 && service != "chargen")
        {
            // A line that does not end.
            return Enumerable.Repeat((byte)random.Next(1, 256), random.Next(30_000)).ToArray();
        }

        var text = new StringBuilder();
        for (var i = random.Next(40); i >= 0; i--)
        {
            text.Append(Words[random.Next(Words.Length)]);
        }

        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        for (var i = kind == 4 ? random.Next(20) : 0; i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
