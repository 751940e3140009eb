using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>Copies the facts of certificates, which live only as long as the handshake's callback.</summary>
internal static class CertificateReader
{
    public static CertificateFacts Read(X509Certificate2 certificate, bool wasSent) => new(
        certificate.Subject,
        certificate.Issuer,
        Names(certificate),
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
        certificate.SerialNumber,
        Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
        Key(certificate),
        certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "unknown",
        wasSent);

    /// <summary>RFC 6125: only the alternative names count; the common name is history.</summary>
    private static List<string> Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension alternatives)
            {
                continue;
            }

            try
            {
                names.AddRange(alternatives.EnumerateDnsNames());
                names.AddRange(alternatives.EnumerateIPAddresses().Select(a => InternetAddress.From(a).ToString()));
            }
            catch (CryptographicException)
            {
                // A damaged extension names nothing; the chain's own faults tell of it.
            }
        }

        return names;
    }

    private static string Key(X509Certificate2 certificate)
    {
        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            if (rsa is not null)
            {
                return $"RSA {rsa.KeySize}";
            }

            using var ecdsa = certificate.GetECDsaPublicKey();
            return ecdsa is null
                ? certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "unknown"
                : $"ECDSA {ecdsa.KeySize}";
        }
        catch (CryptographicException)
        {
            return "unreadable";
        }
    }
}
