using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>The TLS handshake and the server's certificate.</summary>
public sealed record TlsStepRecord : CheckStepRecord
{
    internal TlsStepRecord(TlsStep step)
        : base(step)
    {
        ServerName = step.ServerName;
        Version = step.Session?.Version;
        CipherSuite = step.Session?.CipherSuite;
        Alpn = step.Session?.ApplicationProtocol;
        ClientCertificateRequested = step.WantsClientCertificate;
        Trusted = step.IsTrusted;
        Faults = step.Faults.Select(static fault => new TlsFaultRecord(fault.Kind.Name(), fault.Text));
        DaysLeft = step.DaysLeft;
        Chain = step.Chain.Select(CertificateRecord.Of);
    }

    /// <summary>The name the certificate must be for.</summary>
    public string ServerName { get; }

    /// <summary>The version that was agreed on; <c>null</c> when the handshake failed.</summary>
    public string? Version { get; }

    /// <summary>The cipher suite, or <c>null</c>.</summary>
    public string? CipherSuite { get; }

    /// <summary>The application protocol that the server chose, or <c>null</c>.</summary>
    public string? Alpn { get; }

    /// <summary>Whether the server asked for a certificate of the client.</summary>
    public bool ClientCertificateRequested { get; }

    /// <summary>Whether the handshake worked and the chain is trusted for the name.</summary>
    public bool Trusted { get; }

    /// <summary>Why the chain is not trusted.</summary>
    public IEnumerable<TlsFaultRecord> Faults { get; }

    /// <summary>Whole days until the first certificate expires; <c>null</c> without a certificate.</summary>
    public int? DaysLeft { get; }

    /// <summary>The server's certificate first.</summary>
    public IEnumerable<CertificateRecord> Chain { get; }
}

/// <summary>Why a chain is not trusted.</summary>
/// <param name="Kind">See <see cref="TlsFaultKindNames"/>.</param>
/// <param name="Text">The same for people. Hostile text.</param>
public sealed record TlsFaultRecord(string Kind, string Text);

/// <summary>One certificate. Hostile text.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Names">DNS names and addresses it is for.</param>
/// <param name="NotBefore">Valid from, RFC 3339.</param>
/// <param name="NotAfter">Valid until, RFC 3339.</param>
/// <param name="SerialNumber">In hexadecimal.</param>
/// <param name="Sha256">SHA-256 of the whole certificate.</param>
/// <param name="Key">Kind and length of its key.</param>
/// <param name="Signature">The algorithm of the issuer's signature.</param>
/// <param name="Sent">Whether the server sent it.</param>
public sealed record CertificateRecord(
    string Subject, string Issuer, IReadOnlyList<string> Names, string NotBefore, string NotAfter, string SerialNumber, string Sha256,
    string Key, string Signature, bool Sent)
{
    /// <summary>A certificate as documents have it.</summary>
    public static CertificateRecord Of(CertificateFacts certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new CertificateRecord(
            certificate.Subject, certificate.Issuer, certificate.Names, TimeText.Rfc3339(certificate.NotBefore),
            TimeText.Rfc3339(certificate.NotAfter), certificate.SerialNumber, certificate.Sha256, certificate.Key,
            certificate.Signature, certificate.WasSent);
    }
}
