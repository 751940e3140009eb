using System.Text;
using Portolan.Scan.Checking;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Checking;

/// <summary>What servers say first, as real ones say it.</summary>
public sealed class GreetingsTests
{
    // What MariaDB 10.11 sends behind the four bytes of a packet's header: its handshake, and its error for hosts without permission.
    private const string MariaDb =
        "\n5.5.5-10.11.4-MariaDB-1~deb12u1\0\u0008\0\0\0kR]8/6]f\0\u00fe\u00f7\u002d\u0002\0\u00ff\u0081\u0015\0\0\0\0\0\0\u001d\0\0\0aXs\\|(Kc+H_S\0mysql_native_password\0";
    private const string HostNotAllowed = "\u00ffj\u0004Host '192.0.2.1' is not allowed to connect to this MariaDB server";

    [Theory]
    [InlineData("smtp", "220 mail.example.com ESMTP Postfix (Debian/GNU)\r\n", "Ready")]
    [InlineData("smtp", "220-mail.example.com ESMTP Exim 4.96\r\n220-We do not authorize\r\n220 this\r\n", "Ready")]
    [InlineData("smtp", "554 5.7.1 no service for 192.0.2.1\r\n", "Refusal")]
    [InlineData("smtp", "421 4.3.2 too many connections\r\n", "Refusal")]
    [InlineData("smtp", "SSH-2.0-OpenSSH_9.2p1\r\n", "Foreign")]
    [InlineData("ftp", "220 (vsFTPd 3.0.3)\r\n", "Ready")]
    [InlineData("ftp", "421 There are too many connections from your internet address.\r\n", "Refusal")]
    [InlineData("ftp", "530 Sorry, no ANONYMOUS access allowed.\r\n", "Refusal")]
    [InlineData("imap", "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS] Dovecot ready.\r\n", "Ready")]
    [InlineData("imap", "* PREAUTH IMAP4rev1 server logged in as Smith\r\n", "Ready")]
    [InlineData("imap", "* BYE Too many connections\r\n", "Refusal")]
    [InlineData("imap", "+OK Dovecot ready.\r\n", "Foreign")]
    [InlineData("pop3", "+OK Dovecot ready. <1896.697170952@dbc.mtview.ca.us>\r\n", "Ready")]
    [InlineData("pop3", "-ERR [SYS/TEMP] busy\r\n", "Refusal")]
    [InlineData("nntp", "200 news.example.com InterNetNews NNRP server ready (posting ok)\r\n", "Ready")]
    [InlineData("nntp", "502 You have no permission to talk.  Goodbye.\r\n", "Refusal")]
    [InlineData("ssh", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "Ready")]
    [InlineData("ssh", "Authorized use only\r\nSSH-2.0-dropbear_2022.83\r\n", "Ready")]
    [InlineData("ssh", "SSH-1.5-old\n", "Foreign")]
    [InlineData("ssh", "220-mail.example.com ESMTP\r\n", "Foreign")]
    [InlineData("ssh", "* OK ready\r\n", "Foreign")]
    [InlineData("ssh", "Exceeded MaxStartups\r\n", "Refusal")]
    [InlineData("ssh", "Not allowed at this time\r\n", "Refusal")]
    [InlineData("mysql", MariaDb, "Ready")]
    [InlineData("mysql", HostNotAllowed, "Refusal")]
    [InlineData("mysql", "220 mail.example.com ESMTP\r\n", "Foreign")]
    [InlineData("rsync", "@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n", "Ready")]
    [InlineData("rsync", "@ERROR: max connections (1) reached - try again later\n", "Refusal")]
    [InlineData("vnc", "RFB 003.008\n", "Ready")]
    public void A_greeting_is_known_when_its_last_byte_is_there(string service, string says, string kind)
    {
        var bytes = service == "mysql" && kind != "Foreign" ? Packet(says) : Encoding.Latin1.GetBytes(says);
        var form = ServiceSchemes.Find(service)!.Greeting!;

        Assert.Equal(kind, form.Judge(bytes).ToString());
        // A stranger may be known early; nothing else before its end, or it would be cut short.
        for (var length = 0; length < bytes.Length && kind != "Foreign"; length++)
        {
            Assert.Equal(GreetingKind.Incomplete, form.Judge(bytes.AsMemory(0, length)));
        }
    }

    [Fact]
    public void No_bytes_make_any_of_them_throw() => Fuzz.Run(20_000, (random, _) =>
    {
        var seed = random.Next(3) switch
        {
            0 => Packet(MariaDb),
            1 => "220-a\r\n220 b\r\n"u8.ToArray(),
            _ => "x\nSSH-2.0-y\r\n"u8.ToArray(),
        };
        var bytes = Fuzz.Damage(random, seed);
        foreach (var service in ServiceSchemes.All)
        {
            Assert.True(service.Greeting is null || Enum.IsDefined(service.Greeting.Judge(bytes)));
        }
    });

    [Fact]
    public void Each_scheme_stands_once_and_those_with_TLS_end_in_an_s()
    {
        Assert.Equal(ServiceSchemes.All.Count, ServiceSchemes.All.Select(s => s.Name).Distinct(StringComparer.Ordinal).Count());
        foreach (var service in ServiceSchemes.All)
        {
            Assert.True(ServiceSchemes.WithoutTls(service) is null || (service.UsesTls && service.Name.EndsWith('s')), service.Name);
            Assert.True(ServiceSchemes.WithTls(service) is null or { UsesTls: true }, service.Name);
        }
    }

    [Theory]
    [InlineData("www.example.com")]
    [InlineData("192.0.2.1")]
    public void A_ClientHello_of_an_old_client_has_lengths_that_add_up(string name)
    {
        var hello = OldHello.Make(OldHello.Tls11, name, () => 0x1234);

        Assert.Equal([22, 3, 1], hello[..3]);
        Assert.Equal(hello.Length - 5, (hello[3] << 8) | hello[4]);
        Assert.Equal(hello.Length - 9, (hello[7] << 8) | hello[8]);
        Assert.Equal([3, 2], hello[9..11]);
        Assert.Equal(name[0] == 'w', Encoding.Latin1.GetString(hello).Contains(name, StringComparison.Ordinal));
        Assert.False(OldHello.TryReadVersion(hello, out _));
        Assert.True(OldHello.TryReadVersion([22, 3, 1, 0, 50, 2, 0, 0, 46, 3, 1], out var version));
        Assert.Equal("TLS 1.0", OldHello.NameOf(version));
    }

    private static byte[] Packet(string body) => [(byte)body.Length, 0, 0, 0, .. Encoding.Latin1.GetBytes(body)];
}
