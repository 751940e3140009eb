using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Checking;

/// <summary>
/// What this process must load before its first connection, TLS handshake and request. It takes time once, and that time belongs to no
/// target: measured with the AOT program, 3 to 9 ms for the thread that waits for sockets, 45 to 90 ms for OpenSSL and Debian's 140
/// certificates, 2 ms for HTTP. So each part is loaded while the clock of a check stands still. Safe for use by several threads.
/// </summary>
internal sealed class WarmUp
{
    private readonly Lazy<Task> _sockets;
    private readonly Lazy<Task> _tls;
    private readonly Lazy<Task> _http;

    /// <summary>Loads the libraries.</summary>
    public WarmUp()
        : this(LoadSocketsAsync, LoadTlsAsync, LoadHttpAsync)
    {
    }

    /// <summary>Does what it is given in place of each part.</summary>
    internal WarmUp(Func<Task> sockets, Func<Task> tls, Func<Task> http) =>
        (_sockets, _tls, _http) = (new(() => Task.Run(sockets)), new(() => Task.Run(tls)), new(() => Task.Run(http)));

    /// <summary>Loads what any check needs, once.</summary>
    public Task SocketsAsync() => _sockets.Value;

    /// <summary>Loads OpenSSL and the system's certificates, once. Only where OpenSSL is installed.</summary>
    public Task TlsAsync() => _tls.Value;

    /// <summary>Loads the HTTP client, once.</summary>
    public Task HttpAsync() => _http.Value;

    private static async Task LoadSocketsAsync()
    {
        // A receive that has nothing to receive makes System.Net start its thread. A Unix socket without a name opens no port.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var end = new CancellationTokenSource();
        var receive = socket.ReceiveAsync(new byte[1], SocketFlags.None, end.Token);
        end.Cancel();
        try
        {
            await receive;
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The thread is there now.
        }
    }

    private static async Task LoadTlsAsync()
    {
        try
        {
            // A chain has to be built for .NET to read its stores; this one ends at once.
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
            using var chain =
                new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true } };
            chain.Build(certificate);
            await using var stream = new SslStream(new CannedStream(default));
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "nobody",
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            });
        }
        catch (Exception exception) when (exception is CryptographicException or AuthenticationException or IOException)
        {
            // The peer that says nothing has ended the handshake; or what fails here fails in the check's handshake again, and is shown
            // there.
        }
    }

    private static async Task LoadHttpAsync()
    {
        try
        {
            using var client = HttpSteps.ClientOver(
                new CannedStream("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 1\r\n\r\nx"u8.ToArray()), "portolan");
            using var response = await client.GetAsync(new Uri("http://nobody.invalid/"), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[1]);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // Then the check's own request shows it.
        }
    }
}
