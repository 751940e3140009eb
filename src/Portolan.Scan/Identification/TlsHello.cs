using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Identification;

/// <summary>The TLS handshake that is tried on a port, as any client makes it: the certificate is looked at, not judged.</summary>
internal static class TlsHello
{
    /// <summary>Its name among the probes; the bytes are the TLS library's.</summary>
    public static ServiceProbe Probe { get; } = new("TLS ClientHello", []);

    /// <summary>The name that was written goes as SNI (RFC 6066 section 3); an address never does.</summary>
    /// <param name="target">With whom.</param>
    /// <param name="protocols">The application protocols that are offered (RFC 7301); <c>null</c> for no offer.</param>
    /// <param name="wanted">Hears that the server asks for the client's certificate, with its own as DER. None is sent.</param>
    public static SslClientAuthenticationOptions OptionsFor(
        ServiceTarget target, IReadOnlyList<string>? protocols, Action<byte[]> wanted) => new()
        {
            // Old servers are asked too, and those without a certificate (NRPE): OpenSSL takes their versions, keys, hashes and
            // suites at its security level 0 only, and this policy is .NET's way to it. A first handshake at the usual level would
            // cost each of them one more connection. Servers still choose the best that both sides have, and nothing secret goes
            // over the connection.
#pragma warning disable SYSLIB0039, SYSLIB0040, CA5397
            EnabledSslProtocols = SslProtocols.Tls | SslProtocols.Tls11 | SslProtocols.Tls12 | SslProtocols.Tls13,
            EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
#pragma warning restore SYSLIB0039, SYSLIB0040, CA5397
            LocalCertificateSelectionCallback = (_, _, _, certificate, _) =>
            {
                if (certificate is not null)
                {
                    wanted(certificate.GetRawCertData());
                }

                return null!;
            },
            ApplicationProtocols = protocols is null ? null : [.. protocols.Select(static name => new SslApplicationProtocol(name))],
            TargetHost = target.Name ?? "",
            AllowTlsResume = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
#pragma warning disable CA5359 // Nothing secret is sent, and what is read is shown as a stranger's words.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        };

    /// <summary>Why a handshake failed: the server's alert by its name (RFC 8446 section 6); <c>null</c> where it sent none.</summary>
    /// <param name="bytes">What the server said to the hello.</param>
    public static string? AlertIn(ReadOnlySpan<byte> bytes) => bytes is not [0x15, 3, <= 4, 0, 2, _, var alert, ..] ? null : alert switch
    {
        40 => "handshake_failure",
        42 => "bad_certificate",
        47 => "illegal_parameter",
        49 => "access_denied",
        50 => "decode_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        109 => "missing_extension",
        112 => "unrecognized_name",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => FormattableString.Invariant($"{alert}"),
    };

    /// <summary>
    /// Whether bytes begin a TLS record of a handshake or an alert (RFC 8446 section 5.1): a server that spoke TLS and would not go on.
    /// </summary>
    public static bool IsRecord(ReadOnlySpan<byte> bytes) =>
        bytes is [0x15, 3, <= 4, 0, 2, 1 or 2, ..] or [0x16, 3, <= 4, _, _, 2, ..];
}
