using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Identification;

/// <summary>The TLS handshake that is tried on a port, as any client makes it: the certificate is looked at, not judged.</summary>
internal static class TlsHello
{
    /// <summary>Its name among the probes; the bytes are the TLS library's.</summary>
    public static ServiceProbe Probe { get; } = new("TLS ClientHello", []);

    // Suites without a certificate: OpenSSL takes them on no level of security above 0.
    private static readonly TlsCipherSuite[] AnonymousSuites =
    [
        TlsCipherSuite.TLS_DH_anon_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_DH_anon_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_DH_anon_WITH_AES_256_CBC_SHA256, TlsCipherSuite.TLS_DH_anon_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_DH_anon_WITH_AES_128_CBC_SHA, TlsCipherSuite.TLS_ECDH_anon_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
    ];

    private static readonly TlsCipherSuite[] UsualSuites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA,
    ];

    private static bool MayLackCertificate(ServiceTarget target) =>
        ServiceCatalog.Tcp.Any(protocol => protocol.MayLackCertificate && protocol.TlsPorts.Contains(target.Port.Value));

    private static SslClientAuthenticationOptions WithAnonymous(SslClientAuthenticationOptions options)
    {
        if (OperatingSystem.IsWindows())
        {
            return options;
        }

#pragma warning disable SYSLIB0040, CA5359, CA5398 // The only way to OpenSSL's level 0; the suites below all encrypt.
        options.EncryptionPolicy = EncryptionPolicy.AllowNoEncryption;
#pragma warning restore SYSLIB0040, CA5359, CA5398
        options.CipherSuitesPolicy = new CipherSuitesPolicy([.. UsualSuites, .. AnonymousSuites]);
        return options;
    }

    /// <summary>The name that was written goes as SNI (RFC 6066 section 3); an address never does.</summary>
    /// <param name="target">With whom.</param>
    /// <param name="protocols">The application protocols that are offered (RFC 7301); <c>null</c> for no offer.</param>
    public static SslClientAuthenticationOptions OptionsFor(ServiceTarget target, IReadOnlyList<string>? protocols = null)
    {
        var options = OptionsFor(target.Name, protocols);
        return MayLackCertificate(target) ? WithAnonymous(options) : options;
    }

    private static SslClientAuthenticationOptions OptionsFor(string? name, IReadOnlyList<string>? protocols) => new()
    {
        ApplicationProtocols = protocols is null ? null : [.. protocols.Select(static name => new SslApplicationProtocol(name))],
        TargetHost = name ?? "",
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
#pragma warning disable CA5359 // Nothing secret is sent, and what is read is shown as a stranger's words.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    /// <summary>
    /// Whether bytes begin a TLS record of a handshake or an alert (RFC 8446 section 5.1): a server that spoke TLS and would not go on.
    /// </summary>
    public static bool IsRecord(ReadOnlySpan<byte> bytes) =>
        bytes is [0x15, 3, <= 4, 0, 2, 1 or 2, ..] or [0x16, 3, <= 4, _, _, 2, ..];
}
