using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Identification;

/// <summary>
/// What the TLS handshake of a connection agreed on, and the certificate that the server sent. Nothing of it was verified.
/// </summary>
/// <param name="Version">The version that was agreed on.</param>
/// <param name="Cipher">The cipher suite that was agreed on.</param>
/// <param name="Certificate">The server's certificate as DER; empty where it sent none.</param>
public sealed record TlsLayer(SslProtocols Version, TlsCipherSuite Cipher, ReadOnlyMemory<byte> Certificate)
{
    /// <summary>The application protocol that the server chose (ALPN, RFC 7301); empty where none was.</summary>
    public string ApplicationProtocol { get; init; } = "";

    /// <summary>The server asked for a certificate of the client, which has none.</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>
    /// The certificate's first name: a DNS name of the subject's alternative names (RFC 6125), else the common name; <c>null</c> where it
    /// has neither, or cannot be read. The text is a stranger's, made printable and short.
    /// </summary>
    public string? FirstName()
    {
        if (Certificate.IsEmpty)
        {
            return null;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(Certificate.Span);
            var name = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static names => names.EnumerateDnsNames()).FirstOrDefault()
                ?? certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
            return ReplyText.Of(System.Text.Encoding.UTF8.GetBytes(name));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Reads it from a connection whose handshake is complete.</summary>
    internal static TlsLayer Of(SslStream tls, bool wantsClientCertificate)
    {
        var certificate = tls.RemoteCertificate?.GetRawCertData() ?? [];
        return new TlsLayer(tls.SslProtocol, tls.NegotiatedCipherSuite, certificate)
        {
            WantsClientCertificate = wantsClientCertificate,
            ApplicationProtocol = ReplyText.Of(tls.NegotiatedApplicationProtocol.Protocol.Span) ?? "",
        };
    }
}
