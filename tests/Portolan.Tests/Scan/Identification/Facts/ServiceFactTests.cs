using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Identification.Facts.Ssh;
using Portolan.Scan.Identification.Facts.Tls;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>Facts of services that are no web servers.</summary>
public sealed class ServiceFactTests
{
    private static readonly string[] Algorithms =
        ["curve25519-sha256", "ssh-ed25519,ecdsa-sha2-nistp256", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none",
        "none", "", ""];

    [Fact]
    public void An_anonymous_login_is_undone_at_once_and_nothing_is_listed()
    {
        var server = new FactServer("220 hello\r\n", static asked => Encoding.ASCII.GetString(asked)[..4] switch
        {
            "USER" => "331 and?\r\n"u8.ToArray(),
            "PASS" => "230 in\r\n"u8.ToArray(),
            _ => "221 bye\r\n"u8.ToArray(),
        });
        Assert.Equal("Anonymous FTP login allowed (FTP code 230)", server.Ask("ftp-anon", new IdentifiedService("ftp"), 21)?.Output);
        Assert.Equal(["USER anonymous\r\n", "PASS portolan@\r\n", "QUIT\r\n"], server.Received.Select(Encoding.ASCII.GetString));

        var closed = new FactServer("220 hello\r\n", static _ => "530 no\r\n"u8.ToArray());
        Assert.Null(closed.Ask("ftp-anon", new IdentifiedService("ftp"), 21));
        Assert.Single(closed.Received);
    }

    [Fact]
    public void A_key_of_each_kind_that_is_offered_is_shown()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        byte[] blob = [.. SshPacket.String("ssh-ed25519"u8), .. SshPacket.String(key)];
        var server = new FactServer("SSH-2.0-x\r\n", asked => asked switch
        {
            [(byte)'S', ..] => Offer(Algorithms),
            [_, _, _, _, _, 20, ..] => null,
            _ => SshPacket.Write([31, .. SshPacket.String(blob), .. SshPacket.String(key), .. SshPacket.String("signature"u8)]),
        });
        var fact = server.Ask("ssh-hostkey", new IdentifiedService("ssh"), 22);
        Assert.Equal($"\n  256 SHA256:{Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=')} (ED25519)", fact?.Output);
        Assert.Equal(["ssh-ed25519", "256"], fact?.Fields?[0].Items.Take(2).Select(static field => field.Text));
        Assert.Equal(Convert.ToBase64String(blob), fact?.Fields?[0].Items[^1].Text);

        // One to see what there is, one for each kind that there is.
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public void The_bits_of_RSA_keys_are_those_of_the_modulus()
    {
        byte[] modulus = [0, 0x80, .. new byte[255]];
        byte[] blob = [.. SshPacket.String("ssh-rsa"u8), .. SshPacket.String([1, 0, 1]), .. SshPacket.String(modulus)];
        var said = SshPacket.Write([31, .. SshPacket.String(blob), .. SshPacket.String([1])]);
        Assert.Equal(("ssh-rsa", 2048, "RSA"), SshHostKeyFact.HostKey.Read(said) is { } key ? (key.Type, key.Bits, key.Name) : default);
    }

    [Fact]
    public void The_algorithms_of_SSH_are_listed()
    {
        var fact = new FactServer("words for people\r\nSSH-2.0-x\r\n", static asked => Offer(Algorithms))
            .Ask("ssh2-enum-algos", new IdentifiedService("ssh"), 22);
        Assert.StartsWith("\n  kex_algorithms: (1) curve25519-sha256\n  server_host_key_algorithms: (2) ssh-ed25519 ecdsa-sha2-nistp256\n",
            fact?.Output, StringComparison.Ordinal);
        Assert.Equal(["kex_algorithms", "server_host_key_algorithms", "encryption_algorithms", "mac_algorithms", "compression_algorithms"],
            fact?.Fields?.Select(static field => field.Key));
    }

    [Fact]
    public void Mail_servers_say_what_they_can_do()
    {
        Assert.Equal("mail.test, PIPELINING, SIZE 10",
            new FactServer("220 x\r\n", static _ => "250-mail.test\r\n250-PIPELINING\r\n250 SIZE 10\r\n"u8.ToArray())
            .Ask("smtp-commands", new IdentifiedService("smtp"), 25)?.Output);
        Assert.Equal("IMAP4rev1 IDLE", new FactServer("* OK x\r\n", static _ => "* CAPABILITY IMAP4rev1 IDLE\r\na1 OK done\r\n"u8.ToArray())
            .Ask("imap-capabilities", new IdentifiedService("imap"), 143)?.Output);
        Assert.Equal("TOP SASL(PLAIN X)",
            new FactServer("+OK x\r\n", static _ => "+OK\r\nTOP\r\nSASL PLAIN X\r\n.\r\n"u8.ToArray())
            .Ask("pop3-capabilities", new IdentifiedService("pop3"), 110)?.Output);
    }

    [Fact]
    public void A_store_with_a_password_tells_nothing()
    {
        Assert.Null(new FactServer(null, static _ => "-NOAUTH Authentication required.\r\n"u8.ToArray())
            .Ask("redis-info", new IdentifiedService("redis"), 6379));
        var open = "# Server\r\nredis_version:7.0.15\r\nos:Linux\r\nrole:master\r\n";
        var fact = new FactServer(null, _ => Encoding.ASCII.GetBytes($"${open.Length}\r\n{open}\r\n"))
            .Ask("redis-info", new IdentifiedService("redis"), 6379);
        Assert.Equal("\n  Version: 7.0.15\n  Operating System: Linux\n  Role: master", fact?.Output);
    }

    [Fact]
    public void MySQL_is_read_from_its_greeting_without_a_connection()
    {
        byte[] packet = [10, .. "8.0.36\0"u8, 7, 0, 0, 0, .. new byte[8], 0, 0xFF, 0xF7, 8, 2, 0, 0xFF, 0x81, 21, .. new byte[10],
            .. new byte[13], .. "caching_sha2_password\0"u8];
        var server = new FactServer(null, static _ => null);
        var fact = server.Ask("mysql-info", new IdentifiedService("mysql"), 3306, heard: [(byte)packet.Length, 0, 0, 0, .. packet]);
        Assert.Equal(0, server.Connections);
        Assert.Contains("\n  Version: 8.0.36\n  Thread ID: 7\n  Status: Autocommit\n", fact?.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n  Auth Plugin Name: caching_sha2_password", fact?.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x80, "Recursion appears to be enabled")]
    [InlineData(0x85, null)]
    [InlineData(0x00, null)]
    public void Recursion_is_a_bit_of_the_answer(byte flags, string? expected) =>
        Assert.Equal(expected, new FactServer(null, asked => [.. asked[..2], 0x81, flags, .. asked[4..]])
            .Ask("dns-recursion", new IdentifiedService("domain"), 53, TransportProtocol.Udp)?.Output);

    [Fact]
    public void A_name_server_among_many_names_itself()
    {
        var server = new FactServer(null, static asked =>
        [
            asked[0], asked[1], 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 16, 0, 3, 0, 0, 0, 0, 0, 3, 2, (byte)'n', (byte)'1', 0, 0, 41, 4, 0,
                0, 0, 0, 0, 0, 6, 0, 3, 0, 2, (byte)'i', (byte)'d',
        ]);
        Assert.Equal("\n  NSID: id (6964)\n  id.server: n1\n  bind.version: n1",
            server.Ask("dns-nsid", new IdentifiedService("domain"), 53, TransportProtocol.Udp)?.Output);
    }

    [Fact]
    public void A_certificate_is_described_with_its_end()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a\u202e.test, O=Harbour", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("a.test");
        names.AddIpAddress(System.Net.IPAddress.Parse("192.0.2.1"));
        request.CertificateExtensions.Add(names.Build());
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var certificate = request.CreateSelfSigned(from, from.AddDays(90));

        var fact = new SslCertFact().Read(certificate.RawData, from.AddDays(80));
        Assert.Equal(
            """
            Subject: organizationName=Harbour/commonName=a?.test
            Subject Alternative Name: DNS:a.test, IP Address:192.0.2.1
            Issuer: organizationName=Harbour/commonName=a?.test
            Not valid before: 2026-01-01T00:00:00
            Not valid after:  2026-04-01T00:00:00
            Expires in 10 days
            """,
            fact?.Output);
        Assert.Equal("ec 256", string.Join(' ',
            fact!.Fields!.Single(static field => field.Key == "pubkey").Items.Select(static item => item.Text)));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
            fact.Fields!.Single(static field => field.Key == "sha256").Text);
        foreach (var (days, end) in (ReadOnlySpan<(double, string)>)[(90.5, "less than a day"), (91.1, "1 day"), (92.9, "2 days")])
        {
            Assert.EndsWith($"\nExpired {end} ago", new SslCertFact().Read(certificate.RawData, from.AddDays(days))?.Output,
                StringComparison.Ordinal);
        }

        Fuzz.Run(200, (random, _) =>
        {
            if (new SslCertFact().Read(Fuzz.Damage(random, certificate.RawData), from) is { } damaged)
            {
                HostileFactTests.AssertBounded(damaged);
            }
        });
    }

    [Fact]
    public void Versions_of_TLS_are_those_that_a_server_takes()
    {
        // A ServerHello of TLS 1.2 and one of 1.3; an alert to all else.
        var server = new FactServer(null, static asked =>
        {
            var offers13 = asked.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 43, 0, 3, 2, 3, 4]) >= 0;
            return asked is [_, _, _, _, _, _, _, _, _, 3, 3, ..] ? ServerHello(offers13) : [0x15, 3, 1, 0, 2, 2, 70];
        });
        var fact = server.Ask("tls-versions", new IdentifiedService("http") { Tunnel = "ssl" }, 443);
        Assert.Equal("\n  TLSv1.2: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n  TLSv1.3: TLS_AES_256_GCM_SHA384", fact?.Output);
        Assert.Equal(5, server.Connections);
        Assert.Contains(server.Received, static sent => sent.AsSpan().IndexOf("example.test"u8) > 0);
    }

    [Fact]
    public void TLS_is_begun_with_the_protocols_own_word()
    {
        var server = new FactServer("220 mail\r\n", static asked => Encoding.ASCII.GetString(asked) switch
        {
            "EHLO portolan.invalid\r\n" => "250-mail\r\n250 STARTTLS\r\n"u8.ToArray(),
            "STARTTLS\r\n" => "220 go\r\n"u8.ToArray(),
            _ => ServerHello(is13: false),
        });
        Assert.Equal("\n  TLSv1.2: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            server.Ask("tls-versions", new IdentifiedService("smtp"), 25)?.Output);

        var without = new FactServer("220 mail\r\n", static _ => "502 what?\r\n"u8.ToArray());
        Assert.Null(without.Ask("tls-versions", new IdentifiedService("smtp"), 25));
        Assert.All(without.Received, static sent => Assert.NotEqual(0x16, sent[0]));
    }

    [Fact]
    public void What_recorded_servers_said_is_read()
    {
        var names = new FactServer(null, static _ => Recorded("nmbd", "NetBIOS node status request"))
            .Ask("nbstat", new IdentifiedService("netbios-ns"), 137, TransportProtocol.Udp);
        Assert.StartsWith("NetBIOS name: ", names?.Output, StringComparison.Ordinal);
        Assert.Equal(names?.Output.Split('\n').Length - 2, names?.Fields?.Single(static field => field.Key == "names").Items.Count);

        var methods = new FactServer(null, static _ => Recorded("gst-rtsp", "RTSP OPTIONS"))
            .Ask("rtsp-methods", new IdentifiedService("rtsp"), 554);
        Assert.Contains("DESCRIBE", methods?.Output, StringComparison.Ordinal);

        // The number of the question is another one here.
        var listed = Recorded("rpcbind", "RPC portmapper DUMP");
        var programs = new FactServer(null, asked => [.. listed[..4], .. asked[4..8], .. listed[8..]])
            .Ask("rpcinfo", new IdentifiedService("sunrpc"), 111);
        Assert.Contains("\n  100000  ", programs?.Output, StringComparison.Ordinal);
        Assert.EndsWith("/udp    nlockmgr", programs?.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_security_types_of_VNC_are_named()
    {
        var server = new FactServer("RFB 003.008\n", static _ => [2, 2, 99]);
        Assert.Equal(
            "\n  Protocol version: 3.8\n  Security types:\n    VNC Authentication (2)\n    Unknown security type (99)",
            server.Ask("vnc-info", new IdentifiedService("vnc"), 5900)?.Output);
    }

    [Fact]
    public void A_time_server_tells_its_time_and_its_variables()
    {
        byte[] variables = [.. "version=\"ntpd 4.2.8\", stratum=2,\r\nsystem=\"Linux\", odd"u8];
        var server = new FactServer(null, asked => asked[0] == 0x16
            ? [0x16, 0x82, asked[2], asked[3], 0, 0, 0, 0, 0, 0, 0, (byte)variables.Length, .. variables]
            : [0x24, 3, 0, 0, .. new byte[28], 0xEA, 0, 0, 0, .. new byte[12]]);
        Assert.Equal(
            "\n  receive time stamp: 2024-05-28T07:02:24\n  stratum: 3\n  version: ntpd 4.2.8\n  system: Linux",
            server.Ask("ntp-info", new IdentifiedService("ntp"), 123, TransportProtocol.Udp)?.Output);
    }

    private static byte[] Recorded(string name, string asked) =>
        RecordedService.Read(name).Replies.First(reply => reply.Asked == asked).Bytes;

    private static byte[] ServerHello(bool is13)
    {
        byte[] hello = [3, 3, .. new byte[32], 0, .. is13 ? (byte[])[0x13, 2] : [0xC0, 0x30], 0, .. is13 ? (byte[])[0, 6, 0, 43, 0, 2, 3, 4]
            : []];
        return [0x16, 3, 3, 0, (byte)(hello.Length + 4), 2, 0, 0, (byte)hello.Length, .. hello];
    }

    private static byte[] Offer(string[] lists) =>
        SshPacket.Write([20, .. new byte[16], .. lists.SelectMany(static list => SshPacket.String(Encoding.ASCII.GetBytes(list))), 0, 0, 0,
        0, 0]);
}
