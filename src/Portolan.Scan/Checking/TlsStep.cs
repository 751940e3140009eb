namespace Portolan.Scan.Checking;

/// <summary>The TLS handshake and what the server's certificate is worth.</summary>
/// <param name="ServerName">The name the certificate must be for; also sent as SNI (RFC 6066 section 3) unless it is an address.</param>
/// <param name="Session">What was agreed; <c>null</c> when the handshake failed.</param>
/// <param name="Chain">The server's certificate first, then each issuer that was sent or is known here, as far as the chain could be
/// built.</param>
/// <param name="Faults">Why the chain is not trusted; empty when it is.</param>
public sealed record TlsStep(string ServerName, TlsSession? Session, IReadOnlyList<CertificateFacts> Chain, IReadOnlyList<TlsFault> Faults)
    : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "tls";

    /// <summary>
    /// Whole days until the first certificate of the chain (the root aside) expires, negative when one has; <c>null</c> without a
    /// certificate.
    /// </summary>
    public int? DaysLeft { get; init; }

    /// <summary>
    /// The server asked for a certificate of the client, which a check never sends. Some servers do not require what they ask for.
    /// </summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether the handshake worked and the chain is trusted for the name.</summary>
    public bool IsTrusted => Session is not null && Chain.Count > 0 && Faults.Count == 0;
}

/// <summary>What client and server agreed on.</summary>
/// <param name="Version">Such as <c>TLS 1.3</c>.</param>
/// <param name="CipherSuite">IANA's name, such as <c>TLS_AES_256_GCM_SHA384</c>.</param>
/// <param name="ApplicationProtocol">ALPN's choice (RFC 7301), such as <c>h2</c>; <c>null</c> when the server chose none.</param>
public sealed record TlsSession(string Version, string CipherSuite, string? ApplicationProtocol);

/// <summary>One certificate (RFC 5280).</summary>
/// <param name="Subject">Whose it is, as X.500 text; text from outside.</param>
/// <param name="Issuer">Who signed it; text from outside.</param>
/// <param name="Names">DNS names and addresses it is for; text from outside.</param>
/// <param name="NotBefore">Valid from, UTC.</param>
/// <param name="NotAfter">Valid until, UTC.</param>
/// <param name="SerialNumber">In hexadecimal.</param>
/// <param name="Sha256">SHA-256 of the whole certificate in lower-case hexadecimal.</param>
/// <param name="Key">Such as <c>RSA 2048</c> or <c>ECDSA 256</c>.</param>
/// <param name="Signature">The algorithm of the issuer's signature.</param>
/// <param name="WasSent">The server sent it; else it came from this host's own store.</param>
public sealed record CertificateFacts(
    string Subject,
    string Issuer,
    IReadOnlyList<string> Names,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string SerialNumber,
    string Sha256,
    string Key,
    string Signature,
    bool WasSent);

/// <summary>Why a chain is not trusted.</summary>
/// <param name="Kind">For programs.</param>
/// <param name="Text">For people; may hold text from outside.</param>
public sealed record TlsFault(TlsFaultKind Kind, string Text);

/// <summary>Kinds of <see cref="TlsFault"/>.</summary>
public enum TlsFaultKind : byte
{
    /// <summary>A certificate's time is over.</summary>
    Expired,

    /// <summary>A certificate's time has not begun.</summary>
    NotYetValid,

    /// <summary>The certificate is for other names.</summary>
    NameMismatch,

    /// <summary>The certificate signed itself and is not in this host's store.</summary>
    SelfSigned,

    /// <summary>The chain ends at an issuer that this host does not know or trust.</summary>
    UnknownIssuer,

    /// <summary>No certificate was sent.</summary>
    NoCertificate,

    /// <summary>Anything else, such as a certificate that is not meant for servers.</summary>
    Other,
}

/// <summary>The names of <see cref="TlsFaultKind"/>.</summary>
public static class TlsFaultKindNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this TlsFaultKind kind) => kind switch
    {
        TlsFaultKind.Expired => "expired",
        TlsFaultKind.NotYetValid => "not-yet-valid",
        TlsFaultKind.NameMismatch => "name-mismatch",
        TlsFaultKind.SelfSigned => "self-signed",
        TlsFaultKind.UnknownIssuer => "unknown-issuer",
        TlsFaultKind.NoCertificate => "no-certificate",
        _ => "other",
    };
}
