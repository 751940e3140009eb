using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portolan.Web.Access;

namespace Portolan.Web.Hosting;

/// <summary>The certificate of a server: from files that are read again when they change, or one of its own making.</summary>
internal sealed class ServerCertificate
{
    private const string OwnCertificate = "tls.pem";

    private static readonly TimeSpan Life = TimeSpan.FromDays(825);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly string? _certificateFile;
    private readonly string? _keyFile;
    private readonly TimeProvider _clock;
    private SslStreamCertificateContext _certificate;
    private long _lookedAt;
    private (DateTime, DateTime) _stamp;

    private ServerCertificate(SslStreamCertificateContext certificate, string? certificateFile, string? keyFile, TimeProvider clock)
    {
        (_certificate, _certificateFile, _keyFile, _clock) = (certificate, certificateFile, keyFile, clock);
        _stamp = Stamp();
        _lookedAt = clock.GetTimestamp();
    }

    /// <summary>The SHA-256 of the certificate, as browsers show it: pairs of digits with colons.</summary>
    internal string Fingerprint =>
        string.Join(':', Current().TargetCertificate.GetCertHash(HashAlgorithmName.SHA256).Select(static b => b.ToString("X2", null)));

    /// <summary>Reads one from PEM files, its chain included.</summary>
    /// <exception cref="PortolanException">They cannot be read, or do not belong together.</exception>
    internal static ServerCertificate FromFiles(string certificate, string key, TimeProvider clock) =>
        new(Load(certificate, key), certificate, key, clock);

    /// <summary>The one that this server made for itself; made when there is none, or when it ends soon.</summary>
    /// <param name="folder">Where it is kept, so that its fingerprint stays.</param>
    /// <param name="names">The addresses and names that it is for.</param>
    /// <param name="clock">The clock.</param>
    internal static ServerCertificate OfItsOwn(StateFolder folder, IReadOnlyList<string> names, TimeProvider clock)
    {
        if (folder.Read(OwnCertificate) is { } kept && TryRead(kept) is { } certificate
            && certificate.TargetCertificate.NotAfter.ToUniversalTime() > clock.GetUtcNow().AddDays(30).UtcDateTime)
        {
            return new ServerCertificate(certificate, null, null, clock);
        }

        var made = Make(names, clock.GetUtcNow());
        folder.Write(OwnCertificate, System.Text.Encoding.ASCII.GetBytes(made));
        return new ServerCertificate(TryRead(System.Text.Encoding.ASCII.GetBytes(made))!, null, null, clock);
    }

    /// <summary>The certificate for a new connection.</summary>
    internal SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            if (_certificateFile is not null && _keyFile is not null && _clock.GetElapsedTime(_lookedAt) >= Between)
            {
                _lookedAt = _clock.GetTimestamp();
                if (Stamp() is var stamp && stamp != _stamp)
                {
                    try
                    {
                        // The old one may still be in use by a handshake: it is left to the collector.
                        _certificate = Load(_certificateFile, _keyFile);
                        _stamp = stamp;
                    }
                    catch (PortolanException)
                    {
                        // Half written, perhaps: the next connection looks again.
                    }
                }
            }

            return _certificate;
        }
    }

    private static SslStreamCertificateContext Load(string certificate, string key)
    {
        try
        {
            return Read(ReadText(certificate), ReadText(key));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new PortolanException(
                $"cannot read the certificate {certificate} with the key {key}: {exception.Message}",
                $"name PEM files that this user may read: --cert chain.pem --key key.pem",
                exception is UnauthorizedAccessException ? ExitCode.NoPrivilege : ExitCode.Failed);
        }
    }

    private static string ReadText(string path)
    {
        using var reader = new StreamReader(BoundedStream.Open(path, InputLimit.ServerFiles), System.Text.Encoding.ASCII);
        return reader.ReadToEnd();
    }

    // The first certificate is the server's; those behind it lead to an authority, and are sent along.
    private static SslStreamCertificateContext Read(string certificates, string key)
    {
        var leaf = X509Certificate2.CreateFromPem(certificates, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    private static SslStreamCertificateContext? TryRead(byte[] pem)
    {
        try
        {
            var text = System.Text.Encoding.ASCII.GetString(pem);
            return Read(text, text);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Make(IReadOnlyList<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=portolan", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Life);
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private (DateTime, DateTime) Stamp() => _certificateFile is null || _keyFile is null
        ? default
        : (new FileInfo(_certificateFile).LastWriteTimeUtc, new FileInfo(_keyFile).LastWriteTimeUtc);
}
