using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>
/// The server's certificate: whose it is, from when to when, its key and fingerprints (RFC 5280). It is looked at, not judged.
/// </summary>
internal sealed class SslCertFact() : TlsFact("ssl-cert", "the certificate: names, issuer, validity, key, fingerprints", "mysql")
{
    private const int MaxNames = 100;

    /// <inheritdoc/>
    public override bool NeedsOpenSsl => true;

    /// <inheritdoc/>
    public override bool ReadsCertificate => true;

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) =>
        !context.Certificate.IsEmpty ? Read(context.Certificate.Span, context.Now)
        : await context.HandshakeAsync(null) is { Certificate.IsEmpty: false } tls ? Read(tls.Certificate.Span, context.Now) : null;

    /// <summary>Reads a certificate; <c>null</c> where it is none.</summary>
    internal Fact? Read(ReadOnlySpan<byte> bytes, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(bytes);
            return Describe(certificate, now);
        }
        catch (CryptographicException)
        {
            // Damaged: it names nobody.
            return null;
        }
    }

    private Fact Describe(X509Certificate2 certificate, DateTimeOffset now)
    {
        var subject = DistinguishedNameText.FieldsOf(certificate.SubjectName);
        var issuer = DistinguishedNameText.FieldsOf(certificate.IssuerName);
        var names = AlternativeNames(certificate);
        var (from, to) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        var (type, bits) = KeyOf(certificate);
        var days = (long)(to - now).TotalDays;
        List<FactField> fields =
        [
            FactField.Table("subject", subject),
            FactField.Table("issuer", issuer),
            FactField.List("names", names),
            FactField.Table("pubkey", bits is null ? [FactField.Of("type", type)]
                : [FactField.Of("type", type), FactField.Of("bits", bits.Value)]),
            FactField.Of("sig_algo", certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "unknown"),
            FactField.Table("validity", [FactField.Of("notBefore", Time(from)), FactField.Of("notAfter", Time(to))]),
            FactField.Of("expired", now > to),
            FactField.Of("daysLeft", days),
            FactField.Of("selfSigned", certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)),
            FactField.Of("serial", certificate.SerialNumber.ToLowerInvariant()),
            FactField.Of("sha1", Convert.ToHexStringLower(Sha1(certificate.RawData))),
            FactField.Of("sha256", Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))),
        ];
        List<string> lines = [$"Subject: {DistinguishedNameText.Line(subject)}"];
        if (names.Count > 0)
        {
            lines.Add($"Subject Alternative Name: {string.Join(", ", names)}");
        }

        lines.Add($"Issuer: {DistinguishedNameText.Line(issuer)}");
        lines.Add($"Not valid before: {Time(from)}");
        lines.Add($"Not valid after:  {Time(to)}");
        lines.Add(now > to ? $"Expired {Days(-days)} ago" : now < from ? "Not valid yet" : $"Expires in {Days(days)}");
        return Fact.Of(Id, fields, string.Join('\n', lines));
    }

    private static string Days(long days) =>
        days == 0 ? "less than a day" : days == 1 ? "1 day" : FormattableString.Invariant($"{days} days");

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static List<string> AlternativeNames(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var alternatives in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            try
            {
                names.AddRange(alternatives.EnumerateDnsNames().Take(MaxNames).Select(static name => $"DNS:{name}"));
                names.AddRange(alternatives.EnumerateIPAddresses().Take(MaxNames)
                    .Select(static address => $"IP Address:{InternetAddress.From(address)}"));
            }
            catch (CryptographicException)
            {
                // A damaged extension names nothing.
            }
        }

        return names;
    }

    private static (string Type, long? Bits) KeyOf(X509Certificate2 certificate)
    {
        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            if (rsa is not null)
            {
                return ("rsa", rsa.KeySize);
            }

            using var curve = certificate.GetECDsaPublicKey();
            return curve is not null ? ("ec", curve.KeySize)
                : (certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "unknown", null);
        }
        catch (CryptographicException)
        {
            return ("unknown", null);
        }
    }

#pragma warning disable CA5350 // A fingerprint to find certificates, not a proof of anything.
    private static byte[] Sha1(byte[] bytes) => SHA1.HashData(bytes);
#pragma warning restore CA5350
}
