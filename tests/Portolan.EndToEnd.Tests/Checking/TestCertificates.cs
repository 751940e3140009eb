using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>A certificate authority of a test's own, and certificates with every fault. Files in PEM.</summary>
internal sealed class TestCertificates
{
    private readonly string _folder;
    private readonly X509Certificate2 _root;
    private int _serial;

    public TestCertificates(string folder)
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Portolan Test Root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(10));
        RootFile = Write("root.pem", _root.ExportCertificatePem());
    }

    /// <summary>What a client must trust.</summary>
    public string RootFile { get; }

    /// <summary>A certificate by the root, for those names.</summary>
    /// <returns>The file with the certificate and its issuers below the root, and the file with its key.</returns>
    public (string Certificate, string Key) Make(double fromDays, double toDays, params string[] names) =>
        Make(_root, "", fromDays, toDays, names);

    /// <summary>A certificate by an authority below the root, whose own certificate the server sends or keeps to itself.</summary>
    public (string Certificate, string Key) MakeBelowIntermediate(bool sendsIntermediate, double intermediateToDays, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Portolan Test Intermediate", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var signed =
            request.Create(_root, DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddDays(intermediateToDays), Serial());
        using var intermediate = signed.CopyWithPrivateKey(key);
        return Make(intermediate, sendsIntermediate ? intermediate.ExportCertificatePem() : "", -300, intermediateToDays - 1, names);
    }

    /// <summary>A certificate that signed itself.</summary>
    public (string Certificate, string Key) MakeSelfSigned(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate =
            RequestFor(key, names).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return Write(certificate.ExportCertificatePem(), key);
    }

    private (string Certificate, string Key) Make(X509Certificate2 issuer, string chain, double fromDays, double toDays, string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = RequestFor(key, names).Create(
            issuer, DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays), Serial());
        return Write($"{certificate.ExportCertificatePem()}\n{chain}", key);
    }

    private static CertificateRequest RequestFor(ECDsa key, string[] names)
    {
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
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
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request;
    }

    private (string Certificate, string Key) Write(string certificate, ECDsa key)
    {
        var number = ++_serial;
        return (Write($"certificate{number}.pem", certificate), Write($"key{number}.pem", key.ExportPkcs8PrivateKeyPem()));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text + "\n");
        return path;
    }

    private byte[] Serial() => [1, (byte)++_serial];
}
