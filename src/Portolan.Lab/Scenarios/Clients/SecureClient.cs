using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Time;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>TLS as a client of the lab has it, which trusts only the lab's authority.</summary>
/// <remarks>
/// TLS computes on threads of the pool. Virtual time waits for them while an operation runs, but not between two operations.
/// </remarks>
internal sealed class SecureClient : SslStream
{
    private readonly TcpStream _connection;
    private readonly OtherThreads _others;

    private SecureClient(TcpStream connection, OtherThreads others)
        : base(connection, leaveInnerStreamOpen: false) => (_connection, _others) = (connection, others);

    /// <summary>Makes a connection secure, and checks that the server has the name.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not one of the lab's for that
    /// name.</exception>
    internal static async Task<SecureClient> OpenAsync(TcpStream connection, string name, VirtualNetwork network)
    {
        using var authority = X509Certificate2.CreateFromPem(network.Certificates.AuthorityPem);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        var secure = new SecureClient(connection, network.OtherThreads);
        secure._others.Serve(connection);
        LabContext.Enter(connection);
        try
        {
            // The framework remembers sessions for the whole process: what one lab did would change the ClientHello of the next.
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy, AllowTlsResume = false });
        }
        finally
        {
            secure._others.Leave(connection);
        }

        return secure;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _others.Serve(_connection);
        LabContext.Enter(_connection);
        try
        {
            return await base.ReadAsync(buffer, cancellationToken);
        }
        finally
        {
            _others.Leave(_connection);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _others.Serve(_connection);
        LabContext.Enter(_connection);
        try
        {
            await base.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            _others.Leave(_connection);
        }
    }
}
