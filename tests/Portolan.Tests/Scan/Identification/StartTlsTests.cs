using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Services in clear that offer TLS: it is opened on the same connection, and the name in the certificate is told.</summary>
public sealed class StartTlsTests
{
    private const string Name = "inside.example.test";

    private static readonly InternetAddress Address = InternetAddress.FromIPv4(0xC000_0201);

    private static readonly byte[] MySqlGreeting =
    [
        74, 0, 0, 0, 10, .. "8.0.36"u8, 0, 7, 0, 0, 0, .. "12345678"u8, 0, 0xFF, 0xFF, 33, 2, 0, 0xFF, 0xDF, 21, .. new byte[10],
        .. "901234567890"u8, 0,
        .. "caching_sha2_password"u8, 0,
    ];

    // What each server says first, and to what it is asked; the last answer, empty for none, lets the handshake begin.
    private static readonly Dictionary<string,
        (ushort Port, int Connections, byte[] Greeting, (byte[] Asked, byte[] Answer)[] Talk)> Servers =
        new()
        {
            ["smtp"] = (25, 1, Text("220 mail.example.test ESMTP Postfix\r\n"), [
            (Text("EHLO"), Text("250-mail.example.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n")),
            (Text("STARTTLS\r\n"), Text("220 2.0.0 Ready to start TLS\r\n"))]),
            ["imap"] = (143, 1, Text("* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n"), [
            (Text("a2 STARTTLS"), Text("* OK still here\r\na2 OK Begin TLS negotiation now.\r\n"))]),
            ["pop3"] = (110, 1, Text("+OK Dovecot ready.\r\n"), [
            (Text("CAPA"), Text("+OK\r\nSTLS\r\n.\r\n")), (Text("STLS"), Text("+OK Begin TLS\r\n"))]),
            ["ftp"] = (21, 1, Text("220 (vsFTPd 3.0.3)\r\n"), [(Text("AUTH TLS"), Text("234 Proceed with negotiation.\r\n"))]),
            ["xmpp-client"] = (5222, 1, [], [
            (Text("<?xml"), Text("<?xml version='1.0'?><stream:stream id='1' from='example.test' xmlns='jabber:client' "
                + "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")),
            (Text("<starttls"), Text("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
                + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"))]),
            ["ldap"] = (389, 1, [], [
            ([0x30], [0x30, 9, 2, 1, 7, 0x64, 4, 4, 0, 0x30, 0]),
            ([0x30], [0x30, 0x0C, 2, 1, 7, 0x65, 7, 0x0A, 1, 0, 4, 0, 4, 0, 0x30, 0x0C, 2, 1, 8, 0x78, 7, 0x0A, 1, 0, 4, 0, 4, 0])]),
            ["postgresql"] = (5432, 2, [], [([0, 0, 0, 8, 4, 210, 22, 47], Text("S"))]),
            ["mysql"] = (3306, 1, MySqlGreeting, [([32, 0, 0, 1], [])]),
        };

    public static TheoryData<string> ServerNames => [.. Servers.Keys];

    [Theory]
    [MemberData(nameof(ServerNames))]
    public async Task Tls_is_opened_after_the_plain_identification(string protocol)
    {
        var server = new Server(protocol, grants: true);
        var answer = await server.IdentifyAsync();
        Assert.Equal((protocol, null), (answer.Service?.Protocol, answer.Service?.Tunnel));
        Assert.Contains($"STARTTLS, certificate of {Name}", answer.Service?.Info, StringComparison.Ordinal);
        Assert.Equal((Servers[protocol].Connections, Servers[protocol].Connections), (server.Connections, answer.Attempts));
    }

    [Theory]
    [InlineData("smtp")]
    [InlineData("imap")]
    [InlineData("pop3")]
    [InlineData("ftp")]
    public async Task A_server_that_refuses_is_known_all_the_same(string protocol)
    {
        var answer = await new Server(protocol, grants: false).IdentifyAsync();
        Assert.Equal(protocol, answer.Service?.Protocol);
        Assert.DoesNotContain("certificate", answer.Service?.Info ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_certificate_of_MySQL_is_a_fact_without_a_second_connection()
    {
        var server = new Server("mysql", grants: true) { Facts = true };
        var answer = await server.IdentifyAsync();
        Assert.Equal(1, server.Connections);
        Assert.Contains($"DNS:{Name}", Assert.Single(answer.Facts!, static fact => fact.Id == "ssl-cert").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_MySQL_server_without_TLS_is_sent_nothing()
    {
        var greeting = MySqlGreeting.ToArray();
        greeting[4 + 1 + 7 + 4 + 8 + 1 + 1] &= 0xF7;
        var server = new Server("mysql", grants: true) { Greeting = greeting };
        var answer = await server.IdentifyAsync();
        Assert.Equal(("mysql", "8.0.36", 1), (answer.Service?.Protocol, answer.Service?.Version, server.Connections));
        Assert.Empty(server.Received);
    }

    [Fact]
    public void Every_question_of_an_upgrade_is_declared() => Assert.All(
        ServiceCatalog.Tcp.Where(static p => p.Upgrade is not null),
        static p => Assert.All(p.Upgrade!.Probes, probe => Assert.Contains(probe, p.FollowUps.Append(p.Opening))));

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>A server of one protocol, with a handshake of real TLS behind the last answer.</summary>
    private sealed class Server(string protocol, bool grants) : ICheckSockets
    {
        private int _connections;

        public int Connections => Volatile.Read(ref _connections);

        public byte[]? Greeting { get; init; }

        public bool Facts { get; init; }

        public List<byte[]> Received { get; } = [];

        public Task<ServiceAnswer> IdentifyAsync()
        {
            var socket = new RemoteSocket(Address, null, new PortNumber(Servers[protocol].Port));
            var target = new ServiceTarget(socket, TransportProtocol.Tcp, null);

            // In clear and inside TLS time is the machine's own; nothing here waits for it to pass.
            var (all, one) = (TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1));
            var settings = new IdentifySettings
            {
                Facts = Facts ? FactCatalog.All : [],
                PortLimit = all,
                ConnectLimit = all,
                Patience = one,
                ReplyWait = one,
                GreetingWait = one,
                ShortGreetingWait = one,
            };
            return new ServiceIdentifier(this, TimeProvider.System, settings).IdentifyAsync(target, TestContext.Current.CancellationToken);
        }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var number = Interlocked.Increment(ref _connections);
            var pair = new DuplexPair();
            _ = Task.Run(() => ServeAsync(pair.Server, number), CancellationToken.None);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, pair.Client));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote,
            IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
            TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();

        private async Task ServeAsync(Stream stream, int number)
        {
            await using (stream)
            {
                try
                {
                    if (protocol == "postgresql" && number == 2)
                    {
                        // The refusal of a version that there is not.
                        await ReadAsync(stream);
                        await stream.WriteAsync((byte[])[(byte)'E', 0, 0, 0, 36, .. "SFATAL\0C0A000\0Mno such version\0Fx\0"u8, 0]);
                        return;
                    }

                    await stream.WriteAsync(Greeting ?? Servers[protocol].Greeting);
                    var talk = Servers[protocol].Talk;
                    for (var i = 0; i < talk.Length; i++)
                    {
                        var asked = await ReadAsync(stream);
                        if (asked.Length == 0)
                        {
                            return;
                        }

                        if (!asked.AsSpan().StartsWith(talk[i].Asked) || (!grants && i == talk.Length - 1))
                        {
                            await stream.WriteAsync(Text(protocol switch
                            {
                                "imap" => "a2 NO not here\r\n",
                                "pop3" => "-ERR not here\r\n",
                                _ => "502 not here\r\n",
                            }));
                            return;
                        }

                        await stream.WriteAsync(talk[i].Answer);
                    }

                    await using var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(Certificate());
                    await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
                }
                catch (IOException)
                {
                    // The client has gone.
                }
            }
        }

        // A request of TLS's own is not read: MySQL's handshake follows its request at once, so no more than that is taken.
        private async Task<byte[]> ReadAsync(Stream stream)
        {
            var buffer = new byte[protocol == "mysql" ? 36 : 4096];
            var length = await stream.ReadAtLeastAsync(buffer, protocol == "mysql" ? 36 : 1, throwOnEndOfStream: false);
            var bytes = buffer[..length];
            if (length > 0)
            {
                lock (Received)
                {
                    Received.Add(bytes);
                }
            }

            return bytes;
        }

        private static X509Certificate2 Certificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(Name);
            request.CertificateExtensions.Add(names.Build());
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        }
    }
}
