using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Servers whose TLS a browser of today does not take, or that want something of the client first.</summary>
public sealed class TlsServerTests
{
    private static readonly InternetAddress Address = InternetAddress.FromIPv4(0xC000_0201);

#pragma warning disable SYSLIB0039, CA5397 // Old versions are what is tested.
    [Theory]
    [InlineData(SslProtocols.Tls)]
    [InlineData(SslProtocols.Tls11)]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task What_is_inside_is_known_whatever_the_version(SslProtocols version)
    {
        var answer = await new Server { Version = version }.IdentifyAsync();
        Assert.Equal(("http", "ssl", "nginx"), (answer.Service?.Protocol, answer.Service?.Tunnel, answer.Service?.Product));
        Assert.Contains("CN=www.example.test", SubjectOf(answer), StringComparison.Ordinal);
    }
#pragma warning restore SYSLIB0039, CA5397

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_server_that_wants_a_certificate_of_the_client_says_so_and_its_own_is_told(SslProtocols version)
    {
        var answer = await new Server { Version = version, WantsCertificate = true }.IdentifyAsync();
        Assert.Equal(("ssl", null), (answer.Service?.Protocol, answer.Service?.Product));
        Assert.EndsWith("client certificate required", answer.Service?.Info, StringComparison.Ordinal);
        Assert.Contains("CN=www.example.test", SubjectOf(answer), StringComparison.Ordinal);
        Assert.Contains(answer.Facts!, static fact => fact.Id == "ssl-cert");
    }

    [Theory]
    [InlineData(112, "TLS, and the handshake fails: alert unrecognized_name")]
    [InlineData(70, "TLS, and the handshake fails: alert protocol_version")]
    [InlineData(99, "TLS, and the handshake fails: alert 99")]
    public async Task An_alert_is_told_by_its_name(byte alert, string info)
    {
        var answer = await new Server { Alert = alert }.IdentifyAsync();
        Assert.Equal(("ssl", info), (answer.Service?.Protocol, answer.Service?.Info));
    }

    private static string SubjectOf(ServiceAnswer answer)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(answer.Certificate.Span);
        return certificate.Subject;
    }

    /// <summary>A web server inside TLS, with handshakes of the real library.</summary>
    private sealed class Server : ICheckSockets
    {
        private static readonly X509Certificate2 Certificate = MakeCertificate();

        public SslProtocols Version { get; init; } = SslProtocols.None;

        public bool WantsCertificate { get; init; }

        public byte? Alert { get; init; }

        public Task<ServiceAnswer> IdentifyAsync()
        {
            var target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(443)), TransportProtocol.Tcp, "www.example.test");
            var settings = new IdentifySettings
            {
                Facts = FactCatalog.All,
                PortLimit = TimeSpan.FromMinutes(5),
                ConnectLimit = TimeSpan.FromMinutes(1),
                ReplyWait = TimeSpan.FromMinutes(1),
                AtOnce = TimeSpan.FromMinutes(1),
                GreetingWait = TimeSpan.FromSeconds(1),
                BriefGreetingWait = TimeSpan.FromSeconds(1),
            };
            return new ServiceIdentifier(this, TimeProvider.System, settings).IdentifyAsync(target, TestContext.Current.CancellationToken);
        }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var pair = new DuplexPair();
            _ = Task.Run(() => ServeAsync(pair.Server), CancellationToken.None);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, pair.Client));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp) => throw new NotSupportedException();

        private async Task ServeAsync(Stream stream)
        {
            await using (stream)
            {
                try
                {
                    if (Alert is { } alert)
                    {
                        await stream.ReadAtLeastAsync(new byte[64], 64, throwOnEndOfStream: false);
                        await stream.WriteAsync((byte[])[0x15, 3, 3, 0, 2, 2, alert]);
                        return;
                    }

                    await using var tls = new SslStream(stream);
#pragma warning disable SYSLIB0040 // OpenSSL takes old versions at its lowest level only.
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = Certificate,
                        EnabledSslProtocols = Version,
                        EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
                        ClientCertificateRequired = WantsCertificate,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => !WantsCertificate || certificate is not null,
                    });
#pragma warning restore SYSLIB0040
                    var asked = new byte[4096];
                    while (await tls.ReadAsync(asked) > 0)
                    {
                        await tls.WriteAsync(
                            "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"u8.ToArray());
                        return;
                    }
                }
                catch (Exception exception) when (exception is IOException or AuthenticationException or InvalidOperationException)
                {
                    // Bytes of another version, or the client has gone.
                }
            }
        }

        private static X509Certificate2 MakeCertificate()
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=www.example.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        }
    }
}
