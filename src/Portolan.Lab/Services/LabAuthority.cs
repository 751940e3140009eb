using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Lab.Services;

/// <summary>
/// The certificate authority of a lab: a key of its own, made at the start and kept in memory only, and certificates for every name and
/// address of the lab.
/// </summary>
/// <remarks>
/// ECDSA with P-256. Keys come from the system's randomness, never from the seed: a lab that repeats must not have keys that anybody can
/// compute. Certificates are valid from 2000 to 2049, so that the lab's time may be any. Any thread.
/// </remarks>
public sealed class LabAuthority : IDisposable
{
    private const int SerialLength = 16;

    private static readonly DateTimeOffset NotBefore = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset NotAfter = new(2049, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private readonly ILabDirectory _directory;
    private readonly X509Certificate2 _authority;
    private bool _isDisposed;
    private readonly ConcurrentDictionary<string, Lazy<X509Certificate2>> _made = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the authority's key and certificate.</summary>
    /// <param name="directory">The names of the lab: a host's certificate has all its names and addresses.</param>
    public LabAuthority(ILabDirectory directory)
    {
        _directory = directory;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Portolan lab {directory.Domain}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(NotBefore, NotAfter);
    }

    /// <summary>The authority's certificate, as PEM.</summary>
    public string AuthorityPem
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _authority.ExportCertificatePem();
        }
    }

    /// <summary>A certificate with its key, for a name or an address; the same one each time. Any thread.</summary>
    public X509Certificate2 For(string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // A client may ask for any name; only those of the lab are kept, so that nobody fills the memory.
        var known = IPAddress.TryParse(name, out _) || _directory.Find(name).Count > 0 ? name : _directory.Domain;
        return _made.GetOrAdd(known, n => new Lazy<X509Certificate2>(() => Make(n))).Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var made in _made.Values.Where(m => m.IsValueCreated))
        {
            made.Value.Dispose();
        }

        _authority.Dispose();
    }

    private X509Certificate2 Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN=\"{name.Replace("\"", "", StringComparison.Ordinal)}\""), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        request.CertificateExtensions.Add(AlternativeNames(name));
        using var made = request.Create(_authority, NotBefore, NotAfter, Serial());
        return made.CopyWithPrivateKey(key);
    }

    // The name that was asked for, and all other names of that host.
    private X509Extension AlternativeNames(string name)
    {
        var addresses = IPAddress.TryParse(name, out var literal) ? [InternetAddress.From(literal)] : _directory.Find(name);
        var own = addresses.Count > 0 ? _directory.NameOf(addresses[0]) : null;
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        var all = new SortedSet<InternetAddress>(addresses);
        if (literal is null)
        {
            names.Add(name);
        }

        if (own is not null)
        {
            names.Add(own);
            names.Add($"{own}.{_directory.Domain}");
            names.UnionWith(_directory.All.Where(entry => all.Contains(entry.Address)).Select(entry => entry.Name));
            all.UnionWith(_directory.Find(own));
        }

        var builder = new SubjectAlternativeNameBuilder();
        foreach (var one in names)
        {
            builder.AddDnsName(one);
        }

        foreach (var address in all)
        {
            builder.AddIpAddress(address.ToIPAddress());
        }

        return builder.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialLength);
        serial[0] &= 0x7f;
        serial[0] |= 0x40;
        return serial;
    }
}
