using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Checking;

/// <summary>
/// The system's certificates, which are read once for each process: up to 90 ms that belong to no server's handshake (measured, Debian's 140
/// certificates). So they are read beside the first steps of a check, and the time of the handshake is the network's and the server's.
/// </summary>
internal sealed class TrustStore
{
    private readonly Lazy<Task> _loaded = new(static () => Task.Run(Load));

    /// <summary>Reads them, once. The first call starts it.</summary>
    public Task LoadAsync() => _loaded.Value;

    private static void Load()
    {
        try
        {
            // A chain has to be built for .NET to read its stores; this one ends at once.
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
            using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true } };
            chain.Build(certificate);
        }
        catch (CryptographicException)
        {
            // Then the handshake meets the same, and says so.
        }
    }
}
