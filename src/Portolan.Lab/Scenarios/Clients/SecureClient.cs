using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Portolan.Lab.Services;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>TLS as a client of the lab has it, which trusts the lab's authority and nobody else.</summary>
internal static class SecureClient
{
    /// <summary>Makes a connection secure, and checks that the server has the name.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not one of the lab's for that name.</exception>
    internal static async Task<SslStream> OpenAsync(Stream stream, string name, ILabCertificates certificates)
    {
        using var authority = X509Certificate2.CreateFromPem(certificates.AuthorityPem);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);

        // The framework remembers sessions for the whole process: what one lab did would change the ClientHello of the next.
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy, AllowTlsResume = false });
        return secure;
    }
}
