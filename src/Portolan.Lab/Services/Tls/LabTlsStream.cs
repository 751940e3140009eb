using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Lab.Services.Tls;

/// <summary>TLS over a connection, with the certificate of the name that the client asks for, or else of the address it came to.</summary>
internal sealed class LabTlsStream : SslStream
{
    // What is sent with a certificate: nothing is fetched for it from anywhere.
    private static readonly ConditionalWeakTable<X509Certificate2, SslStreamCertificateContext> Contexts = [];

    private LabTlsStream(Stream below)
        : base(below, leaveInnerStreamOpen: true)
    {
    }

    /// <summary>What it goes over.</summary>
    internal Stream Below => InnerStream;

    /// <summary>Makes the handshake as the server.</summary>
    /// <returns><c>null</c> when the client does not speak TLS, or wants another one.</returns>
    internal static async Task<LabTlsStream?> AcceptAsync(
        Stream below, ServiceCall call, SslApplicationProtocol? protocol, CancellationToken cancellationToken)
    {
        var stream = new LabTlsStream(below);
        try
        {
            await stream.AuthenticateAsServerAsync(
                (_, hello, _, _) => new(Options(call, hello.ServerName, protocol)), null, cancellationToken);
            return stream;
        }
        catch (Exception exception)
            when (exception is AuthenticationException or InvalidOperationException or NotSupportedException
                || StreamService.IsEndOfTalk(exception, cancellationToken))
        {
            await stream.DisposeAsync();
            return null;
        }
    }

    /// <summary>
    /// Says that no more comes (close_notify, RFC 8446 section 6.1), so that the client knows that nothing was cut off, and ends.
    /// </summary>
    internal async ValueTask EndAsync()
    {
        try
        {
            await ShutdownAsync();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // The client has gone.
        }

        await DisposeAsync();
    }

    private static SslServerAuthenticationOptions Options(ServiceCall call, string serverName, SslApplicationProtocol? protocol)
    {
        var certificate = call.Host.Certificates.For(serverName.Length > 0 ? serverName : call.Local.Address.ToString());
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext =
                Contexts.GetValue(certificate, static c => SslStreamCertificateContext.Create(c, null, offline: true)),
            ApplicationProtocols = protocol is { } one ? [one] : null,
        };
    }
}
