using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A recorded server inside TLS. The handshakes are real ones, on the thread pool; virtual time waits for them.</summary>
internal sealed class TlsReplay(RecordedService service, ServiceTarget target) : ICheckSockets
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();

    private readonly List<MemoryCable> _cables = [];

    /// <summary>Asks it on a port.</summary>
    public static ServiceAnswer Ask(RecordedService service, ushort port)
    {
        var target = service.Target(port);
        var sockets = new TlsReplay(service, target);
        var time = new TestTime { IsBusy = () => sockets._cables.Exists(static cable => cable.IsBusy) };
        return time.Run(
            () => new ServiceIdentifier(sockets, time, new IdentifySettings()).IdentifyAsync(target, CancellationToken.None),
            mostSteps: 100_000);
    }

    /// <inheritdoc/>
    public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        var cable = new MemoryCable();
        _cables.Add(cable);
        _ = Task.Run(() => ServeAsync(cable.Server), CancellationToken.None);
        return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, cable.Client));
    }

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        throw new NotSupportedException();

    private async Task ServeAsync(Stream end)
    {
        // Disposing of a TLS stream says goodbye first, and closes the end with it.
        await using var tls = new SslStream(end);
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate });
            var (said, buffer) = ("", new byte[16 << 10]);
            while (true)
            {
                if (service.ReplyTo(said) is var (reply, ends))
                {
                    await tls.WriteAsync(reply);
                    if (ends)
                    {
                        return;
                    }
                }

                var length = await tls.ReadAsync(buffer);
                if (length == 0)
                {
                    return;
                }

                var name = RecordedService.NameOf(buffer[..length], target);
                said = said.Length == 0 ? name : $"{said} > {name}";
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // Bytes of no handshake, or whoever asked has gone.
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
