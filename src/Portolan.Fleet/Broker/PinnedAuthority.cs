using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Fleet.Broker;

/// <summary>Accepts certificates of named authorities only, whatever authorities the system knows; names and dates count as ever.</summary>
internal sealed class PinnedAuthority
{
    private readonly X509Certificate2Collection _roots = [];

    /// <summary>Takes the authorities.</summary>
    /// <param name="pem">One certificate or more, PEM.</param>
    /// <exception cref="PortolanException">There is none.</exception>
    public PinnedAuthority(string pem)
    {
        try
        {
            _roots.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
        }

        if (_roots.Count == 0)
        {
            throw new PortolanException(
                "the authority is not a certificate", $"name a file with a certificate in PEM", ExitCode.Usage);
        }
    }

    /// <summary>Reads a file of certificates.</summary>
    /// <exception cref="PortolanException">It cannot be read, or has no certificate.</exception>
    public static string ReadText(string path)
    {
        try
        {
            using var stream = BoundedStream.Open(path, InputLimit.FleetSettings);
            using var reader = new StreamReader(stream);
            var text = reader.ReadToEnd();
            _ = new PinnedAuthority(text);
            return text;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{path}: {NamedFile.WhyNot(exception, path)}", $"name a file with a certificate in PEM", ExitCode.Usage);
        }
    }

    /// <summary>Decides; called by the TLS layer.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf
            || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_roots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
        {
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        return own.Build(leaf);
    }
}
